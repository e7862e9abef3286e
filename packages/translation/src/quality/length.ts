import { LENGTH_MODELS, type LengthModel, UNKNOWN_PAIR } from './length-table.js'

export interface LengthFinding {
  readonly kind: 'too-short' | 'too-long'
  /** Characters of the target over those of the source. */
  readonly ratio: number
}

/** Standard deviations of the log-ratio from which a target is too short or too long. */
const SHORT = -2.7
const LONG = 2.6

/** The same when it has fewer, or more, sentences than the source. */
const FEWER_SENTENCES = -1.6
const MORE_SENTENCES = 1.6

/** The same when the source ends a sentence and the target does not: it was cut off. */
const UNFINISHED = -0.8

/**
 * How many standard deviations the logarithm of the length ratio is from that of human translations of sources so long
 * (the idea of Gale and Church 1993, "A Program for Aligning Sentences in Bilingual Corpora"; mean and deviation fitted
 * by source length). Lengths are in characters.
 */
export function lengthDeviation(source: string, target: string, sourceLanguage?: string, targetLanguage?: string): number {
  const [from, to] = [size(source), size(target)]
  const known = LENGTH_MODELS[`${sourceLanguage}-${targetLanguage}`] ?? reversed(`${targetLanguage}-${sourceLanguage}`)
  const { mean, deviation } = known ?? UNKNOWN_PAIR
  const expected = mean[0] + mean[1] / from
  return (Math.log((to + OFFSET) / (from + OFFSET)) - expected) / (deviation[0] + deviation[1] / Math.sqrt(from))
}

/** Whether a target is far too short or too long for its source. */
export function checkLength(
  source: string,
  target: string,
  sourceLanguage?: string,
  targetLanguage?: string,
): LengthFinding | undefined {
  if (source.trim() === '') return undefined
  const z = lengthDeviation(source, target, sourceLanguage, targetLanguage)
  const cutOff = FINISHED.test(source) && !FINISHED.test(target)
  const added = countSentences(target) - countSentences(source)
  const shortest = cutOff ? UNFINISHED : added < 0 ? FEWER_SENTENCES : SHORT
  const longest = added > 0 ? MORE_SENTENCES : LONG
  const kind = z > longest ? 'too-long' : z < shortest ? 'too-short' : undefined
  return kind && { kind, ratio: size(target) / size(source) }
}

/** Characters added to both lengths, so that one or two more do not matter in the shortest sentences. */
const OFFSET = 3

const FINISHED = /[.!?…。！？][\s\p{Pe}\p{Pf}\p{Pi}"']*$/u

/** Ends of sentences with something after them, and the last. */
function countSentences(text: string): number {
  return 1 + (text.match(/[.!?…][\p{Pe}\p{Pf}"']*\s+[\p{Ps}\p{Pi}"'¿¡]*\p{Lu}/gu)?.length ?? 0)
}

function reversed(pair: string): LengthModel | undefined {
  const model = LENGTH_MODELS[pair]
  return model && { mean: [-model.mean[0], -model.mean[1]], deviation: model.deviation }
}

function size(text: string): number {
  return [...text.trim()].length
}
