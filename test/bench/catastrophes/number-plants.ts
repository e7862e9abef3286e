import type { Random } from '@parlance/corpora'

/** Number words that replace one another, by language. Written down here, apart from the detector's own tables. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  de: (
    'zwei drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig sechzig ' +
    'hundert tausend'
  ).split(' '),
  fr: 'deux trois quatre cinq six sept huit dix onze douze quinze vingt trente quarante cinquante soixante cent mille'.split(' '),
}

/** Changes one number of the target, in digits or as a word, into another of the same form; undefined without any. */
export function changeNumber(target: string, language: string, random: Random): string | undefined {
  const words = WORDS[language] ?? []
  const found = [...target.matchAll(/\d+|\p{L}+/gu)].filter(
    ([text], i, all) => /^\d/.test(text) || (words.includes(text.toLowerCase()) && all[i - 1]?.[0].toLowerCase() !== 'pour'),
  )
  const chosen = found[random.integer(found.length)]
  if (!chosen) return undefined
  const [text] = chosen
  const place = words.indexOf(text.toLowerCase()) + 1 + random.integer(words.length - 1)
  const other = /^\d/.test(text) ? changeDigits(text, random) : likeIt(text, words[place % words.length] as string)
  return target.slice(0, chosen.index) + other + target.slice(chosen.index + text.length)
}

/** Another number of as many digits, the first of which is no nought. */
function changeDigits(text: string, random: Random): string {
  const at = random.integer(text.length)
  const old = Number(text[at])
  const low = at === 0 && text.length > 1 ? 1 : 0
  let digit = low + random.integer(9 - low)
  if (digit >= old) digit++
  return text.slice(0, at) + digit + text.slice(at + 1)
}

function likeIt(text: string, word: string): string {
  return /^\p{Lu}/u.test(text) ? word[0]?.toUpperCase() + word.slice(1) : word
}
