import { averageLength, type Diversity, gnmtLength, type LengthPenalty } from '@parlance/decoding'
import { UsageError } from '@parlance/nn/command-line'

/** A line with what is known of its translation. */
export interface SourceLine {
  readonly text: string
  /**
   * What the translation begins with. Its last word may be the beginning of one: "Die Kat" can go on as "Die Katze".
   * White space at its end says that the word is complete.
   */
  readonly prefix?: string
  /** Phrases that the translation contains. For beam search only. */
  readonly phrases?: readonly string[]
  /** What stands for the line when translations are drawn; default its place among the lines. */
  readonly number?: number
}

/** How translations are drawn instead of searched for. */
export interface SamplingOptions {
  /** An integer in [0, 2^53). A draw is keyed by (seed, the line's number, which draw, position). */
  readonly seed: number
  /** Divides log-probabilities; above 0, default 1. */
  readonly temperature?: number
  /** Draw among the k most probable tokens only; default all, which costs the most time. */
  readonly topK?: number
  /** Draw among the most probable tokens whose mass first reaches this (Holtzman et al. 2020); in (0, 1], default 1. */
  readonly topP?: number
  /** Draw among the tokens of typical information whose mass first reaches this (Meister et al. 2023); default 1. */
  readonly typicalP?: number
}

export interface TranslateOptions {
  /** The language to translate into, of a model that knows several; see `Translator.languages`. */
  readonly to?: string
  /** Hypotheses kept while searching; 1 is greedy. Default 4. */
  readonly beamSize?: number
  /** Translations of each line: the best, at most `beamSize`; with `sampling`, so many draws. Default 1. */
  readonly nBest?: number
  /** The exponent α of the length that divides log-probabilities: 0 for none. Default 1. */
  readonly lengthPenalty?: number
  /** The length Y is Y^α (`average`, the default) or ((5 + Y) / 6)^α (`gnmt`, Wu et al. 2016, eq. 14). */
  readonly lengthNormalization?: 'average' | 'gnmt'
  /** β ≥ 0 of the coverage penalty against leaving out parts of the source (Wu et al. 2016: 0.2). Default 0. */
  readonly coveragePenalty?: number
  /** Search on until `patience × beamSize` translations are complete (Kasai et al. 2022). Default 1. */
  readonly patience?: number
  /** Groups of the beam that avoid each other's words (Vijayakumar et al. 2018). Default one group. */
  readonly diversity?: Diversity
  /** Draw translations instead of searching. Not together with the options of beam search. */
  readonly sampling?: SamplingOptions
  /** Never say so many tokens in a row twice (Paulus et al. 2018). */
  readonly noRepeatNgrams?: number
  /** Multiplies log-probabilities of tokens said before; 1 or more (Keskar et al. 2019: 1.2). Default 1. */
  readonly repetitionPenalty?: number
  /** Words or phrases, in this case of letters, that are never said, however they are put together of tokens. */
  readonly suppress?: readonly string[]
  /**
   * Copies source words for what the vocabulary cannot say, by the alignment (Luong et al. 2015). Vocabularies of bytes
   * can say everything.
   */
  readonly replaceUnknowns?: boolean
  /** Tokens of a translation at least. Default 0. */
  readonly minLength?: number
  /** Tokens of a translation at most, the end token included; default twice those of the source and 10 more. */
  readonly maxLength?: number
  /** Lines translated at once at most; it changes speed and memory, never a translation. Default 32. */
  readonly batchSize?: number
}

/** What `Translator.stream` takes: it is greedy. */
export type StreamOptions = Pick<
  TranslateOptions,
  'to' | 'noRepeatNgrams' | 'repetitionPenalty' | 'suppress' | 'replaceUnknowns' | 'minLength' | 'maxLength'
>

/** What searches for translations: a beam, or draws. */
type SearchMethod =
  | {
      readonly kind: 'beam'
      readonly beamSize: number
      readonly nBest: number
      readonly lengthPenalty: LengthPenalty
      readonly coveragePenalty: number
      readonly patience: number
      readonly diversity: Diversity
    }
  | (Required<Omit<SamplingOptions, 'topK'>> & {
      readonly kind: 'sampling'
      readonly draws: number
      readonly topK: number | undefined
    })

/** Options after checking, defaults filled in. */
export interface SearchSettings {
  readonly to: string | undefined
  readonly method: SearchMethod
  readonly noRepeatNgrams: number | undefined
  readonly repetitionPenalty: number
  readonly suppress: readonly string[]
  readonly replaceUnknowns: boolean
  readonly minLength: number
  readonly maxLength: number | undefined
  readonly batchSize: number
}

/** The options of beam search, which mean nothing where translations are drawn. */
const OF_BEAMS = ['beamSize', 'lengthPenalty', 'lengthNormalization', 'coveragePenalty', 'patience', 'diversity'] as const

/**
 * Checks all options together.
 *
 * @throws UsageError for one that cannot work, or some that do not go together
 */
export function checkTranslateOptions(options: TranslateOptions): SearchSettings {
  const { to, sampling, noRepeatNgrams, suppress = [], replaceUnknowns = false, maxLength } = options
  const { minLength = 0, repetitionPenalty = 1, batchSize = 32 } = options
  checkCount('noRepeatNgrams', noRepeatNgrams)
  checkCount('maxLength', maxLength)
  checkCount('batchSize', batchSize)
  checkCount('minLength', minLength, 0)
  checkNumber('repetitionPenalty', repetitionPenalty, 1)
  if (maxLength !== undefined && minLength >= maxLength) {
    throw new UsageError(`minLength must be below maxLength, ${maxLength}, which counts the end token, got ${minLength}.`)
  }
  checkPhrases('suppress', suppress)
  const method = sampling ? samplingMethod(sampling, options) : beamMethod(options)
  return { to, method, noRepeatNgrams, repetitionPenalty, suppress, replaceUnknowns, minLength, maxLength, batchSize }
}

function beamMethod(options: TranslateOptions): SearchMethod {
  const { beamSize = 4, nBest = 1, lengthPenalty: alpha = 1, lengthNormalization = 'average' } = options
  const { coveragePenalty = 0, patience = 1, diversity = { groups: 1, strength: 0 } } = options
  checkCount('beamSize', beamSize)
  checkCount('nBest', nBest)
  if (nBest > beamSize) throw new UsageError(`nBest must be at most beamSize, ${beamSize}, got ${nBest}.`)
  checkNumber('lengthPenalty', alpha, 0)
  if (lengthNormalization !== 'average' && lengthNormalization !== 'gnmt') {
    throw new UsageError(`lengthNormalization must be average or gnmt, got ${String(lengthNormalization)}.`)
  }
  checkNumber('coveragePenalty', coveragePenalty, 0)
  if (!(patience > 0)) throw new UsageError(`patience must be above 0, got ${patience}.`)
  checkCount('diversity.groups', diversity.groups)
  checkNumber('diversity.strength', diversity.strength, 0)
  if (beamSize % diversity.groups !== 0) {
    throw new UsageError(`beamSize must be a multiple of diversity.groups, ${diversity.groups}, got ${beamSize}.`)
  }
  const lengthPenalty = lengthNormalization === 'gnmt' ? gnmtLength(alpha) : averageLength(alpha)
  return { kind: 'beam', beamSize, nBest, lengthPenalty, coveragePenalty, patience, diversity }
}

function samplingMethod(sampling: SamplingOptions, options: TranslateOptions): SearchMethod {
  const foreign = OF_BEAMS.find((name) => options[name] !== undefined)
  if (foreign !== undefined) {
    throw new UsageError(`${foreign} is an option of beam search, and sampling keeps no beam: leave one of them out.`)
  }
  const { seed, temperature = 1, topK, topP = 1, typicalP = 1 } = sampling
  const { nBest: draws = 1 } = options
  checkCount('nBest', draws)
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new UsageError(`sampling.seed must be a whole number of 0 or more, below 2^53, got ${seed}.`)
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new UsageError(`sampling.temperature must be above 0, got ${temperature}: for the most probable tokens use beamSize 1.`)
  }
  checkCount('sampling.topK', topK)
  for (const [name, mass] of Object.entries({ topP, typicalP })) {
    if (!(mass > 0 && mass <= 1)) throw new UsageError(`sampling.${name} must be above 0 and at most 1, got ${mass}.`)
  }
  return { kind: 'sampling', draws, seed, temperature, topK, topP, typicalP }
}

/** @throws UsageError for phrases that cannot be searched with */
export function checkPhrases(name: string, phrases: readonly string[]): void {
  if (phrases.some((phrase) => phrase.trim() === '')) {
    throw new UsageError(`${name} must hold words or phrases, got an empty one: leave it out.`)
  }
}

function checkCount(name: string, value: number | undefined, least = 1): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
    throw new UsageError(`${name} must be a whole number of ${least} or more, got ${value}.`)
  }
}

function checkNumber(name: string, value: number, least: number): void {
  if (!(value >= least && Number.isFinite(value))) throw new UsageError(`${name} must be ${least} or more, got ${value}.`)
}
