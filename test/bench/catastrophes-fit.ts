/** Writes the tables of packages/translation/src/quality that are learned from the training pairs. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { lengthModel } from './catastrophes/fit-lengths.js'
import { trigramLevels } from './catastrophes/fit-trigrams.js'
import { tatoebaPairs } from './catastrophes/pairs.js'

const folder = path.resolve(import.meta.dirname, '../../packages/translation/src/quality')
const [german, french] = [tatoebaPairs('de', 'train'), tatoebaPairs('fr', 'train')]

const texts: Record<string, Set<string>> = {
  en: new Set([...german, ...french].map(([source]) => source)),
  de: new Set(german.map(([, target]) => target)),
  fr: new Set(french.map(([, target]) => target)),
}
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const tables = Object.entries(texts).map(([language, sentences]) => {
  const levels = Object.entries(trigramLevels(sentences)).map(([bits, listed]) => `    '${bits}': ${quoted(listed)},`)
  return `  ${language}: {\n${levels.join('\n')}\n  },`
})
writeFileSync(
  path.join(folder, 'language/trigram-table.ts'),
  `/**
 * By language and −log₂ of the probability, rounded to a half: the 3,000 most frequent character trigrams of the distinct
 * sentences of Tatoeba's training pairs (tatoeba.org, CC BY 2.0). Written by \`npm run bench -- catastrophes-fit\`.
 */
export const TRIGRAMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n${tables.join('\n')}\n}\n`,
)

const models = Object.entries({ 'en-de': german, 'en-fr': french }).map(([pair, pairs]) => {
  const { mean, deviation } = lengthModel(pairs)
  return `  '${pair}': { mean: [${mean.join(', ')}], deviation: [${deviation.join(', ')}] },`
})
writeFileSync(
  path.join(folder, 'length-table.ts'),
  `/** Of sources of n characters: log-ratios have the mean a + b/n and the deviation c + d/√n, for the two pairs of numbers. */
export interface LengthModel {
  readonly mean: readonly [number, number]
  readonly deviation: readonly [number, number]
}

/** Fitted to Tatoeba's training pairs (tatoeba.org, CC BY 2.0). Written by \`npm run bench -- catastrophes-fit\`. */
export const LENGTH_MODELS: Readonly<Record<string, LengthModel>> = {\n${models.join('\n')}\n}

/** Of a pair of languages that nothing is known of: five times as long or as short is too much. */
export const UNKNOWN_PAIR: LengthModel = { mean: [0, 0], deviation: [0.5, 1] }\n`,
)
