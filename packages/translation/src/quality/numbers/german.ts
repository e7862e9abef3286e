import type { NumberLanguage, NumberWord, SpokenTime } from './quantity.js'

const UNITS = new Map(
  Object.entries({
    ein: 1, eins: 1, zwei: 2, zwo: 2, drei: 3, vier: 4, fünf: 5, sechs: 6, sieben: 7, acht: 8, neun: 9,
    zehn: 10, elf: 11, zwölf: 12,
    dreizehn: 13, vierzehn: 14, fünfzehn: 15, sechzehn: 16, siebzehn: 17, achtzehn: 18, neunzehn: 19,
  }),
)
const TENS = new Map(
  Object.entries({
    zwanzig: 20, dreißig: 30, dreissig: 30, vierzig: 40, fünfzig: 50, sechzig: 60, siebzig: 70, achtzig: 80, neunzig: 90,
  }),
)
const IRREGULAR_ORDINALS: Readonly<Record<string, number>> = { erst: 1, dritt: 3, siebt: 7, acht: 8 }

/** The value of a cardinal written as one word: "dreihundertfünfundzwanzigtausend". */
function cardinal(word: string): number | undefined {
  const small = UNITS.get(word) ?? TENS.get(word)
  if (small !== undefined) return small
  for (const [name, scale] of [['tausend', 1000], ['hundert', 100]] as const) {
    const at = word.indexOf(name)
    if (at < 0) continue
    const before = at === 0 ? 1 : cardinal(word.slice(0, at))
    const rest = word.slice(at + name.length).replace(/^und/, '')
    const after = rest === '' ? 0 : cardinal(rest)
    return before === undefined || after === undefined || after >= scale ? undefined : before * scale + after
  }
  const and = /^(ein|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun)und(.+)$/.exec(word)
  const tens = and && TENS.get(and[2] as string)
  return tens ? (UNITS.get(and[1] as string) as number) + tens : undefined
}

function ordinal(word: string): number | undefined {
  const [, stem = ''] = /^(.+?)(?:e[nrms]?|ens|)$/.exec(word) ?? []
  const irregular = IRREGULAR_ORDINALS[stem] ?? IRREGULAR_ORDINALS[stem.replace(/^.*(?:hundert|und)(?=erst|dritt)/, '')]
  if (stem in IRREGULAR_ORDINALS) return irregular
  for (const ending of ['st', 't']) {
    if (!stem.endsWith(ending)) continue
    const value = cardinal(stem.slice(0, -ending.length))
    if (value !== undefined && value >= 2) return value
  }
  return undefined
}

/** Endings that make adjectives, adverbs and nouns of a cardinal: dreimal, sechsjährig, dreistündig, mit dreien. */
const DERIVED =
  /^(.+?)(?:mal|(?:malig|jährig|stündig|tägig|wöchig|monatig|minütig)(?:e[nrms]?)?|en)$/

const NAMES = [...UNITS.keys(), ...TENS.keys(), 'hundert', 'tausend'].filter((name) => !/^eins?$/.test(name))

/** Numbers at the beginning of other compounds: Fünfsternehotel, vierblättrig. */
const PREFIX = new RegExp(`^(${NAMES.sort((a, b) => b.length - a.length).join('|')})\\p{L}{2,}$`, 'u')

const SPECIAL: Readonly<Record<string, NumberWord>> = {
  null: { value: 0, role: 'cardinal', optional: true },
  halb: { value: 0.5, role: 'alone', optional: true },
  halbe: { value: 0.5, others: [30], role: 'alone', optional: true },
  halben: { value: 0.5, others: [30], role: 'alone', optional: true },
  halbes: { value: 0.5, role: 'alone', optional: true },
  halber: { value: 0.5, role: 'alone', optional: true },
  hälfte: { value: 0.5, role: 'alone', optional: true },
  anderthalb: { value: 1.5, role: 'cardinal' },
  eineinhalb: { value: 1.5, role: 'cardinal' },
  einhalb: { value: 0.5, role: 'alone', optional: true },
  beide: { value: 2, role: 'alone', optional: true },
  beiden: { value: 2, role: 'alone', optional: true },
  beider: { value: 2, role: 'alone', optional: true },
  beides: { value: 2, role: 'alone', optional: true },
  zweier: { value: 2, role: 'alone' },
  dreier: { value: 3, role: 'alone' },
  paar: { value: 2, role: 'alone', optional: true },
  übermorgen: { value: 2, role: 'alone', optional: true },
  vorgestern: { value: 2, role: 'alone', optional: true },
  zwilling: { value: 2, role: 'alone', optional: true },
  zwillinge: { value: 2, role: 'alone', optional: true },
  doppelt: { value: 2, role: 'alone', optional: true },
  doppelte: { value: 2, role: 'alone', optional: true },
  dutzend: { value: 12, role: 'scale' },
  dutzende: { value: 12, role: 'alone', optional: true },
  hunderte: { value: 100, role: 'alone', optional: true },
  tausende: { value: 1000, role: 'alone', optional: true },
  hunderten: { value: 100, role: 'alone', optional: true },
  tausenden: { value: 1000, role: 'alone', optional: true },
  million: { value: 1e6, role: 'scale' },
  millionen: { value: 1e6, role: 'scale' },
  milliarde: { value: 1e9, role: 'scale' },
  milliarden: { value: 1e9, role: 'scale' },
  billion: { value: 1e12, role: 'scale' },
  billionen: { value: 1e12, role: 'scale' },
  hundert: { value: 100, role: 'scale' },
  tausend: { value: 1000, role: 'scale' },
  viertel: { value: 4, others: [0.25, 15], role: 'alone', optional: true },
  dreiviertel: { value: 0.75, others: [3], role: 'alone', optional: true },
  viertelstunde: { value: 15, others: [4, 0.25], role: 'alone', optional: true },
  dreiviertelstunde: { value: 45, others: [0.75, 3], role: 'alone', optional: true },
  drittel: { value: 3, role: 'alone', optional: true },
  jahrzehnt: { value: 10, role: 'alone', optional: true },
  jahrzehnte: { value: 10, role: 'alone', optional: true },
  jahrhundert: { value: 100, role: 'alone', optional: true },
  mittag: { value: 12, role: 'alone', optional: true },
  mitternacht: { value: 12, others: [0, 24], role: 'alone', optional: true },
  sekunde: { value: 2, role: 'alone', optional: true },
  sekunden: { value: 2, role: 'alone', optional: true },
}


function word(text: string): NumberWord | undefined {
  const special = SPECIAL[text]
  if (special) return special
  if (text === 'achten' || text === 'achte') return { value: 8, role: 'ordinal', optional: true }
  if (/^ein(?:e[nrms]?|s|mal|malige[nrms]?)?$/.test(text)) return { value: 1, role: 'cardinal', optional: true }
  const whole = cardinal(text)
  if (whole !== undefined) return { value: whole, role: 'cardinal', optional: text === 'acht' }
  const [, before = ''] = /^(.+)einhalb$/.exec(text) ?? []
  const halves = cardinal(before)
  if (halves !== undefined) return { value: halves + 0.5, role: 'cardinal' }
  const place = ordinal(text)
  if (place !== undefined) return { value: place, role: 'ordinal', optional: place === 1 }
  const [, stem = ''] = DERIVED.exec(text) ?? []
  const derived = cardinal(stem)
  if (derived !== undefined) return { value: derived, role: 'alone', optional: derived === 1 }
  const [, prefix = ''] = PREFIX.exec(text) ?? []
  if (prefix !== '') return { value: cardinal(prefix) as number, role: 'alone', optional: true }
  if (text.startsWith('million')) return { value: 1e6, role: 'alone', optional: true }
  if (text.startsWith('milliarde')) return { value: 1e9, role: 'alone', optional: true }
  return undefined
}

/** "Halb acht", "Viertel nach sieben", "drei viertel acht" and "zehn vor sechs". */
function time(tokens: readonly string[], index: number): SpokenTime | undefined {
  const [a = '', b = '', c = ''] = tokens.slice(index, index + 3)
  const [first, second, third] = [hourOf(a), hourOf(b), hourOf(c)]
  if (a === 'halb' && second !== undefined) return { length: 2, hour: second - 0.5 }
  if (a === 'viertel' && b === 'nach' && third !== undefined) return { length: 3, hour: third + 0.25 }
  if (a === 'viertel' && b === 'vor' && third !== undefined) return { length: 3, hour: third - 0.25 }
  if (a === 'viertel' && second !== undefined) return { length: 2, hour: second - 0.75 }
  if (a === 'dreiviertel' && second !== undefined) return { length: 2, hour: second - 0.25 }
  if (a === 'drei' && b === 'viertel' && third !== undefined) return { length: 3, hour: third - 0.25 }
  const minutes = /^\d{1,2}$/.test(c) ? Number(c) : cardinal(c)
  if (first !== undefined && b === 'uhr' && minutes !== undefined && minutes > 1 && minutes < 60) {
    return { length: 3, hour: first + minutes / 60 }
  }
  return undefined
}

function hourOf(text: string): number | undefined {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : cardinal(text)
  return value !== undefined && value >= 1 && value <= 24 ? value : undefined
}

export const german: NumberLanguage = {
  word,
  idioms: new RegExp(
    String.raw`\b(?:unter vier augen|auf allen vieren|(?:in|außer) acht|acht (?:geben|zu geben))\b|` +
      String.raw`\b(?:gib|gebt|gab|geben sie) (?:\p{L}+ ){0,5}acht\b`,
    'gu',
  ),
  joiners: new Set(['und']),
  time,
  hourMarks: new Set(['uhr', 'um', 'bis', 'nach', 'vor', 'gegen', 'ab', 'von']),
  floors: new Set(['stock', 'stockwerk', 'etage', 'obergeschoss', 'og']),
}
