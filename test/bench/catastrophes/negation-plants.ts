import type { Random } from '@parlance/corpora'

/** Takes the negation out of a sentence that has one. */
export function loseNegation(target: string, language: string): string | undefined {
  const without = language === 'de' ? affirmGerman(target) : affirmFrench(target)
  return without === target ? undefined : without
}

const GERMAN_OPPOSITES: readonly (readonly [RegExp, string])[] = [
  [/\bkein(?=(?:e[nrms]?)?\b)/, 'ein'],
  [/\bKein(?=(?:e[nrms]?)?\b)/, 'Ein'],
  [/\bnie(?:mals)?\b/, 'immer'],
  [/\bNie(?:mals)?\b/, 'Immer'],
  [/\bnichts\b/, 'alles'],
  [/\bniemand\b/, 'jemand'],
  [/\bNiemand\b/, 'Jemand'],
]

function affirmGerman(target: string): string {
  if (/\bnicht\b/.test(target)) return target.replace(/ ?\bnicht\b/, '').trim()
  for (const [negator, instead] of GERMAN_OPPOSITES) {
    if (negator.test(target)) return target.replace(negator, instead)
  }
  return target
}

const FRENCH_NEGATION =
  /\b(n['’]|ne )((?:l'|m'|t'|s'|(?:y|en|le|la|les|lui|me|te|se|nous|vous|leur) )*[\p{L}-]+) (pas|plus|jamais|rien)\b/iu

/** "Je ne sais pas" → "Je sais", "il n'a rien" → "il a tout". */
function affirmFrench(target: string): string {
  const found = FRENCH_NEGATION.exec(target)
  if (!found) return target
  const [all, , verb, word] = found as unknown as [string, string, string, string]
  const instead = { rien: ' tout', jamais: ' toujours' }[word] ?? ''
  return target.slice(0, found.index) + verb + instead + target.slice(found.index + all.length)
}

const GERMAN_VERBS = words(
  'ist sind war waren bin bist hat habe haben hatte hatten wird werden wirst kann können kannst konnte will wollen wollte ' +
    'muss müssen soll sollte möchte weiß mag darf geht kommt macht braucht glaube denke',
)
const FRENCH_VERBS = words(
  'est suis es sont était étais étaient a ai as ont avait avais peut peux veut veux va vais sait sais doit dois fait fais ' +
    'aime pense sera faut serait voulait pouvait',
)

function words(list: string): RegExp {
  return new RegExp(`(?<![\\p{L}'-])(?:${list.replaceAll(' ', '|')})(?![\\p{L}'-])`, 'u')
}

/** Puts a negation into a sentence that has none. */
export function addNegation(target: string, language: string, random: Random): string | undefined {
  return language === 'de' ? denyGerman(target, random) : denyFrench(target)
}

function denyGerman(target: string, random: Random): string | undefined {
  if (/\b(?:nicht|kein|nie|niemand|nichts|ohne|weder|niemals|nirgend)/i.test(target)) return undefined
  if (random.uniform() < 0.5 && /\bein(?:e[nrm]?)?\b/.test(target)) return target.replace(/\bein(?=e[nrm]?\b|\b)/, 'kein')
  const verb = GERMAN_VERBS.exec(target)
  if (!verb || /[?]/.test(target)) return undefined
  const at = verb.index + verb[0].length
  return `${target.slice(0, at)} nicht${target.slice(at)}`
}

function denyFrench(target: string): string | undefined {
  if (/\b(?:pas|rien|jamais|sans|non|ni|personne|aucune?|ne)\b|n['’]/i.test(target) || /[?]/.test(target)) return undefined
  const verb = FRENCH_VERBS.exec(target)
  if (!verb || verb.index === 0) return undefined
  const [word] = verb
  const ne = /^[aeiouhéè]/.test(word) ? `n'${word}` : `ne ${word}`
  return `${target.slice(0, verb.index)}${ne} pas${target.slice(verb.index + word.length)}`
}
