import type { NumberLanguage, NumberWord, SpokenTime } from './quantity.js'

const CARDINALS: Readonly<Record<string, number>> = {
  deux: 2, trois: 3, quatre: 4, cinq: 5, six: 6, sept: 7, huit: 8, neuf: 9, dix: 10,
  onze: 11, douze: 12, treize: 13, quatorze: 14,
  quinze: 15, seize: 16, vingt: 20, trente: 30, quarante: 40, cinquante: 50, soixante: 60,
  septante: 70, huitante: 80, octante: 80,
  nonante: 90, vingts: 20,
}

const WORDS = new Map<string, NumberWord>()
for (const [word, value] of Object.entries(CARDINALS)) {
  WORDS.set(word, { value, role: 'cardinal' })
  const stem = word.replace(/e$/, '').replace(/neuf$/, 'neuv').replace(/cinq$/, 'cinqu')
  for (const ending of ['ième', 'ièmes']) WORDS.set(stem + ending, { value, role: 'ordinal' })
  if (value < 8) continue
  for (const ending of ['aine', 'aines']) WORDS.set(word.replace(/e$/, '') + ending, { value, role: 'alone', optional: true })
}
const SPECIAL: Readonly<Record<string, NumberWord>> = {
  zéro: { value: 0, role: 'cardinal', optional: true },
  un: { value: 1, role: 'cardinal', optional: true },
  une: { value: 1, role: 'cardinal', optional: true },
  unième: { value: 1, role: 'ordinal' },
  neuf: { value: 9, role: 'cardinal', optional: true },
  premier: { value: 1, role: 'alone', optional: true },
  première: { value: 1, role: 'alone', optional: true },
  premiers: { value: 1, role: 'alone', optional: true },
  premières: { value: 1, role: 'alone', optional: true },
  second: { value: 2, role: 'alone', optional: true },
  seconde: { value: 2, role: 'alone', optional: true },
  secondes: { value: 2, role: 'alone', optional: true },
  tiers: { value: 3, role: 'alone', optional: true },
  quart: { value: 4, others: [0.25, 15], role: 'alone', optional: true },
  quarts: { value: 4, others: [0.25, 0.75], role: 'alone', optional: true },
  demi: { value: 0.5, others: [30], role: 'half', optional: true },
  demie: { value: 0.5, others: [30], role: 'half', optional: true },
  moitié: { value: 0.5, role: 'alone', optional: true },
  double: { value: 2, role: 'alone', optional: true },
  triple: { value: 3, role: 'alone', optional: true },
  couple: { value: 2, role: 'alone', optional: true },
  paire: { value: 2, role: 'alone', optional: true },
  jumeaux: { value: 2, role: 'alone', optional: true },
  jumelles: { value: 2, role: 'alone', optional: true },
  douzaine: { value: 12, role: 'scale' },
  quinzaine: { value: 15, others: [14, 2], role: 'alone', optional: true },
  centaine: { value: 100, role: 'alone', optional: true },
  centaines: { value: 100, role: 'alone', optional: true },
  centième: { value: 100, role: 'scale' },
  cent: { value: 100, role: 'scale' },
  cents: { value: 100, role: 'scale' },
  mille: { value: 1000, role: 'scale' },
  mil: { value: 1000, role: 'scale' },
  millier: { value: 1000, role: 'alone', optional: true },
  milliers: { value: 1000, role: 'alone', optional: true },
  million: { value: 1e6, role: 'scale' },
  millions: { value: 1e6, role: 'scale' },
  milliard: { value: 1e9, role: 'scale' },
  milliards: { value: 1e9, role: 'scale' },
  décennie: { value: 10, role: 'alone', optional: true },
  décennies: { value: 10, role: 'alone', optional: true },
  siècle: { value: 100, role: 'alone', optional: true },
  siècles: { value: 100, role: 'alone', optional: true },
  midi: { value: 12, role: 'alone', optional: true },
  minuit: { value: 12, others: [0, 24], role: 'alone', optional: true },
}
for (const [word, number] of Object.entries(SPECIAL)) WORDS.set(word, number)

/** "Sept heures et demie", "sept heures et quart", "huit heures moins le quart", "six heures moins dix", "7 h 30", "7h30". */
function time(tokens: readonly string[], index: number): SpokenTime | undefined {
  const [a = '', hours = '', c = '', d = '', e = ''] = tokens.slice(index, index + 5)
  const hour = numberOf(a)
  if (hour === undefined || !/^(?:h|heures?)$/.test(hours)) return undefined
  if (c === 'et' && /^demie?$/.test(d)) return { length: 4, hour: hour + 0.5 }
  if (c === 'et' && d === 'quart') return { length: 4, hour: hour + 0.25 }
  if (c === 'moins' && d === 'le' && e === 'quart') return { length: 5, hour: hour - 0.25 }
  const minutes = numberOf(c)
  if (minutes !== undefined && minutes < 60) return { length: 3, hour: hour + minutes / 60 }
  return undefined
}

function numberOf(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  const word = WORDS.get(text)
  return word?.role === 'cardinal' ? word.value : undefined
}

export const french: NumberLanguage = {
  word: (word) => WORDS.get(word.replace(/^[ldnsjmtc]'/, '')),
  idioms: new RegExp(
    String.raw`\bpour cents?\b|(?<=\d )cents?\b|\bun de ces quatre\b|\bquatre pattes\b|` +
      String.raw`\bles cent pas\b|\ben quatre\b|\bmille mercis?\b|\btrente(?:-| )et(?:-| )un\b`,
    'gu',
  ),
  joiners: new Set(['et']),
  time,
  hourMarks: new Set(['h', 'heure', 'heures', 'à', 'vers', 'avant', 'après']),
  floors: new Set(['étage', 'étages']),
}
