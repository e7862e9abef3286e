import type { NumberLanguage, NumberWord, SpokenTime } from './quantity.js'

const CARDINALS =
  'zero one two three four five six seven eight nine ten eleven twelve ' +
  'thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
const ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth ' +
  'thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'

const WORDS = new Map<string, NumberWord>()
for (const [value, word] of CARDINALS.split(' ').entries()) WORDS.set(word, { value, role: 'cardinal' })
for (const [value, word] of ORDINALS.split(' ').entries()) WORDS.set(word, { value, role: 'ordinal' })
for (const [i, word] of TENS.split(' ').entries()) {
  const value = 20 + 10 * i
  WORDS.set(word, { value, role: 'cardinal' })
  WORDS.set(word.replace(/y$/, 'ieth'), { value, role: 'ordinal' })
  WORDS.set(word.replace(/y$/, 'ies'), { value, role: 'alone' })
}
for (const [word, value] of [['hundred', 100], ['thousand', 1e3], ['million', 1e6], ['billion', 1e9], ['trillion', 1e12]] as const) {
  WORDS.set(word, { value, role: 'scale' })
  WORDS.set(`${word}th`, { value, role: 'scale' })
  WORDS.set(`${word}s`, { value, role: 'alone', optional: true })
}
const SPECIAL: Readonly<Record<string, NumberWord>> = {
  fourty: { value: 40, role: 'cardinal' },
  one: { value: 1, role: 'cardinal', optional: true },
  ones: { value: 1, role: 'alone', optional: true },
  zero: { value: 0, role: 'cardinal', optional: true },
  first: { value: 1, role: 'ordinal', optional: true },
  second: { value: 2, role: 'ordinal', optional: true },
  once: { value: 1, role: 'alone', optional: true },
  single: { value: 1, role: 'alone', optional: true },
  twice: { value: 2, role: 'alone' },
  thrice: { value: 3, role: 'alone' },
  double: { value: 2, role: 'alone', optional: true },
  twin: { value: 2, role: 'alone', optional: true },
  twins: { value: 2, role: 'alone', optional: true },
  both: { value: 2, role: 'alone', optional: true },
  couple: { value: 2, role: 'alone', optional: true },
  pair: { value: 2, role: 'alone', optional: true },
  triplets: { value: 3, role: 'alone', optional: true },
  triangle: { value: 3, role: 'alone', optional: true },
  quarter: { value: 4, others: [0.25, 15], role: 'alone', optional: true },
  quarters: { value: 4, others: [0.25, 0.75], role: 'alone', optional: true },
  dozen: { value: 12, role: 'scale' },
  dozens: { value: 12, role: 'alone', optional: true },
  fortnight: { value: 14, others: [2, 15], role: 'alone', optional: true },
  decade: { value: 10, role: 'alone', optional: true },
  decades: { value: 10, role: 'alone', optional: true },
  century: { value: 100, role: 'alone', optional: true },
  half: { value: 0.5, others: [2, 30], role: 'half', optional: true },
  noon: { value: 12, role: 'alone', optional: true },
  midnight: { value: 12, others: [0, 24], role: 'alone', optional: true },
  neither: { value: 2, role: 'alone', optional: true },
  either: { value: 2, role: 'alone', optional: true },
  between: { value: 2, role: 'alone', optional: true },
  other: { value: 2, role: 'alone', optional: true },
  bilingual: { value: 2, role: 'alone', optional: true },
  weekend: { value: 2, role: 'alone', optional: true },
}
for (const [word, number] of Object.entries(SPECIAL)) WORDS.set(word, number)

/** "Half past seven", "a quarter to eight", "ten to six", "seven thirty" and "seven o'clock". */
function time(tokens: readonly string[], index: number): SpokenTime | undefined {
  const [a = '', ...rest] = tokens.slice(index, index + 4)
  const [b = '', c = ''] = rest[0] === '-' ? rest.slice(1) : rest
  const dashes = rest[0] === '-' ? 1 : 0
  const at = hourOf(c)
  if (at !== undefined && a === 'half' && b === 'past') return { length: 3, hour: at + 0.5 }
  if (at !== undefined && a === 'quarter' && /^(?:past|after)$/.test(b)) return { length: 3, hour: at + 0.25 }
  if (at !== undefined && a === 'quarter' && /^(?:to|of|before|till)$/.test(b)) return { length: 3, hour: at - 0.25 }
  const hour = hourOf(a)
  const minutes = WORDS.get(b)?.value
  if (hour !== undefined && minutes !== undefined && /^(?:fifteen|thirty)$/.test(b) && !/^(?:-|\p{L}+s)$/u.test(c)) {
    return { length: 2 + dashes, hour: hour + minutes / 60 }
  }
  return undefined
}

function hourOf(word: string): number | undefined {
  const number = WORDS.get(word)
  const value = /^\d{1,2}$/.test(word) ? Number(word) : number?.role === 'cardinal' ? number.value : undefined
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 12 ? value : undefined
}

export const english: NumberLanguage = {
  word: (word) => WORDS.get(word.endsWith("'s") ? word.slice(0, -2) : word),
  idioms: /\b(?:a thing or two|one or two|cloud nine|no one|one another|second thoughts?)\b/gu,
  joiners: new Set(['and']),
  time,
  hourMarks: new Set([
    'pm', 'p', "o'clock", 'afternoon', 'evening',
    'at', 'until', 'till', 'by', 'after', 'before', 'past', 'from', 'to', 'is', 'almost', 'about',
  ]),
  floors: new Set(['floor']),
}
