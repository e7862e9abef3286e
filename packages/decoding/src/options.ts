import { DecodingError } from './errors.js'
import { allFilters, type TokenFilter } from './filters/token-filter.js'
import { type Beginning, isBeginning, tokensFirst } from './constraints/beginning.js'
import { averageLength, type LengthPenalty } from './ranking/length-penalty.js'

/** What every search needs to know. */
export interface SearchOptions {
  /**
   * Per sentence, the tokens fed before the first generated one: at least one, usually just the
   * beginning-of-sentence token. They are neither scored nor returned. Prompts of one batch may differ in length.
   */
  readonly prompts: readonly ArrayLike<number>[]
  /** The tokens that end a hypothesis; an empty list generates to `maxLength`. */
  readonly eos: number | readonly number[]
  /** The most tokens to generate, end-of-sentence included: one number, or one per sentence index. */
  readonly maxLength: number | ((sentence: number) => number)
  /** What may not be generated, or only reluctantly. */
  readonly filters?: readonly TokenFilter[]
  /**
   * Per sentence, what is generated begins with: tokens, or a choice of them (`Beginning`). They are scored, returned,
   * and above all filters.
   */
  readonly prefixes?: readonly (ArrayLike<number> | Beginning)[]
}

export interface BeamSearchOptions extends SearchOptions {
  /** How many unfinished hypotheses of a sentence are kept (the beam width), those of all groups together. */
  readonly beamSize: number
  /** How many hypotheses to return per sentence, at most `beamSize`; default 1. */
  readonly nBest?: number
  /** Ranks finished hypotheses; default `averageLength()`. Within the beam, all have one length. */
  readonly lengthPenalty?: LengthPenalty
  /**
   * β ≥ 0 of the coverage penalty, which lowers finished hypotheses that left source positions without attention
   * (Wu et al. 2016, "Google's Neural Machine Translation System", eq. 14: 0.2). Needs a model that gives attention.
   * Default 0.
   */
  readonly coveragePenalty?: number
  /**
   * A sentence is done when it has `patience × beamSize` finished hypotheses (Kasai et al. 2022, "A Call for
   * Clarity in Beam Search"); default 1, the usual rule. Infinity searches on until no unfinished hypothesis
   * could still enter the n best, the rule that loses nothing; every patience also stops then.
   */
  readonly patience?: number
  /** Diverse beam search; default one group. Not together with `constraints`. */
  readonly diversity?: Diversity
  /** Per sentence, phrases that its hypotheses must contain, each a list of tokens; see `beamSearch`. */
  readonly constraints?: readonly (readonly ArrayLike<number>[])[]
}

/**
 * Vijayakumar et al. (2018, "Diverse Beam Search for Improved Description of Complex Scenes"): the beam is divided into
 * groups that are searched one after the other, and a group avoids the tokens that earlier groups chose at the same
 * position (their Hamming diversity).
 */
export interface Diversity {
  /** How many groups of equal size; divides `beamSize`. */
  readonly groups: number
  /**
   * λ ≥ 0: what each earlier choice of a token takes off its log-probability while continuations are chosen (0.2 to 0.8
   * in the paper). The hypotheses keep their own log-probabilities.
   */
  readonly strength: number
}

export interface SampleOptions extends SearchOptions {
  /** An integer in [0, 2^53). What is drawn is keyed by (seed, sentence, draw, position). */
  readonly seed: number
  /** Divides log-probabilities; above 0, default 1. (The limit 0 is `greedy`.) */
  readonly temperature?: number
  /**
   * Draw among the k most probable allowed tokens only. Default: the whole vocabulary, which is exact but
   * brings vocabSize numbers per row to the host at every step; a few hundred do when `topP` is below 1.
   */
  readonly topK?: number
  /**
   * Draw among the most probable tokens whose mass first reaches p, after temperature and `topK`
   * (Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"); in (0, 1], default 1.
   */
  readonly topP?: number
  /**
   * Draw among the tokens whose information -log p lies nearest to the entropy and whose mass first reaches this, after
   * temperature, `topK` and `topP` (Meister et al. 2023, "Locally Typical Sampling"); in (0, 1], default 1. The entropy
   * is that of the tokens which are left by then.
   */
  readonly typicalP?: number
  /** How many hypotheses to draw for each sentence; default 1. */
  readonly draws?: number
  /** The number that stands for each sentence in the draws; default its index in the batch. */
  readonly sentenceIds?: ArrayLike<number>
}

/** Search options after checking, in the form that searches use. */
export interface CheckedOptions {
  readonly sentences: number
  readonly prompts: readonly ArrayLike<number>[]
  readonly prefixes: readonly Beginning[]
  readonly eos: ReadonlySet<number>
  /** (sentences) */
  readonly maxLength: Int32Array
  readonly filter: TokenFilter
}

export interface CheckedBeamOptions extends CheckedOptions {
  readonly beamSize: number
  readonly nBest: number
  readonly lengthPenalty: LengthPenalty
  readonly coveragePenalty: number
  readonly patience: number
  readonly diversity: Diversity
  readonly constraints: readonly (readonly ArrayLike<number>[])[]
}

export type CheckedSampleOptions = CheckedOptions & Required<Omit<SampleOptions, keyof SearchOptions>>

/** Checks what all searches share. Throws DecodingError. */
export function checkOptions(options: SearchOptions, vocabSize: number): CheckedOptions {
  if (!(Number.isInteger(vocabSize) && vocabSize > 0)) {
    throw new DecodingError(`the model's vocabSize must be a positive integer, got ${vocabSize}`)
  }
  const { prompts, filters = [] } = options
  const sentences = prompts.length
  if (sentences === 0) throw new DecodingError('the batch is empty: prompts must hold one entry per sentence')
  prompts.forEach((prompt, s) => {
    if (prompt.length === 0) {
      throw new DecodingError(`the prompt of sentence ${s} is empty: give at least the beginning-of-sentence token`)
    }
    checkTokens(prompt, vocabSize, `prompt of sentence ${s}`)
  })
  const eos = new Set(typeof options.eos === 'number' ? [options.eos] : options.eos)
  checkTokens([...eos], vocabSize, 'eos')
  const maxLength = new Int32Array(sentences)
  for (let s = 0; s < sentences; s++) {
    const length = typeof options.maxLength === 'number' ? options.maxLength : options.maxLength(s)
    checkCount(length, `maxLength of sentence ${s}`)
    maxLength[s] = length
  }
  const given = options.prefixes ?? prompts.map(() => [])
  checkOnePerSentence(given, sentences, 'prefixes', 'lists of tokens')
  const prefixes = given.map((prefix, s) => {
    checkFits(prefix.length, maxLength[s]!, `the prefix of sentence ${s}`)
    if (isBeginning(prefix)) return prefix
    checkForced(prefix, vocabSize, eos, `prefix of sentence ${s}`)
    return tokensFirst(prefix)
  })
  return { sentences, prompts, prefixes, eos, maxLength, filter: allFilters(filters) }
}

/** Checks a beam search's options together. Throws DecodingError. */
export function checkBeamOptions(options: BeamSearchOptions, vocabSize: number): CheckedBeamOptions {
  const checked = checkOptions(options, vocabSize)
  const { sentences, eos, maxLength, prefixes } = checked
  const { beamSize, nBest = 1, patience = 1, coveragePenalty = 0, lengthPenalty = averageLength() } = options
  checkCount(beamSize, 'beamSize')
  checkCount(nBest, 'nBest')
  if (nBest > beamSize) throw new DecodingError(`nBest (${nBest}) must not exceed beamSize (${beamSize})`)
  if (!(patience > 0)) throw new DecodingError(`patience must be above 0, got ${patience}`)
  checkWeight(coveragePenalty, 'coveragePenalty')
  const { diversity = { groups: 1, strength: 0 } } = options
  checkCount(diversity.groups, 'diversity.groups')
  checkWeight(diversity.strength, 'diversity.strength')
  if (beamSize % diversity.groups !== 0) {
    throw new DecodingError(`beamSize (${beamSize}) must be a multiple of diversity.groups (${diversity.groups})`)
  }
  const constraints = options.constraints ?? prefixes.map(() => [])
  checkOnePerSentence(constraints, sentences, 'constraints', 'lists of phrases')
  constraints.forEach((phrases, s) => {
    for (const phrase of phrases) {
      if (phrase.length === 0) throw new DecodingError(`a constraint of sentence ${s} is empty: leave it out`)
      checkForced(phrase, vocabSize, eos, `constraint of sentence ${s}`)
    }
    const needed = phrases.reduce((sum, phrase) => sum + phrase.length, prefixes[s]!.length)
    checkFits(needed, maxLength[s]!, `prefix and constraints of sentence ${s} together`)
  })
  if (diversity.groups > 1 && constraints.some((phrases) => phrases.length > 0)) {
    throw new DecodingError('diversity and constraints cannot be had together: leave one out')
  }
  return { ...checked, beamSize, nBest, patience, coveragePenalty, lengthPenalty, diversity, constraints }
}

/** Checks a sampler's options together. Throws DecodingError. */
export function checkSampleOptions(options: SampleOptions, vocabSize: number): CheckedSampleOptions {
  const checked = checkOptions(options, vocabSize)
  const { seed, temperature = 1, topK = vocabSize, topP = 1, typicalP = 1, draws = 1 } = options
  const { sentenceIds = Int32Array.from(checked.prompts, (_, s) => s) } = options
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new DecodingError(`seed must be an integer from 0 to 2^53 - 1, got ${seed}`)
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new DecodingError(`temperature must be above 0, got ${temperature}: use greedy for 0`)
  }
  checkCount(topK, 'topK')
  checkCount(draws, 'draws')
  for (const [name, mass] of Object.entries({ topP, typicalP })) {
    if (!(mass > 0 && mass <= 1)) throw new DecodingError(`${name} must be in (0, 1], got ${mass}`)
  }
  checkOnePerSentence(sentenceIds, checked.sentences, 'sentenceIds', 'ids')
  return { ...checked, seed, temperature, topK: Math.min(topK, vocabSize), topP, typicalP, draws, sentenceIds }
}

/** Throws DecodingError unless `value` is a positive integer. */
function checkCount(value: number, name: string): void {
  if (!(Number.isInteger(value) && value >= 1 && value < 2 ** 31)) {
    throw new DecodingError(`${name} must be a positive integer, got ${value}`)
  }
}

function checkWeight(value: number, name: string): void {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new DecodingError(`${name} must be a finite number ≥ 0, got ${value}`)
  }
}

function checkOnePerSentence(list: ArrayLike<unknown>, sentences: number, name: string, things: string): void {
  if (list.length !== sentences) throw new DecodingError(`${name} must hold ${sentences} ${things}, got ${list.length}`)
}

function checkTokens(tokens: ArrayLike<number>, vocabSize: number, where: string): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) {
      throw new DecodingError(`token ${token} in ${where} is outside the vocabulary of ${vocabSize}`)
    }
  }
}

/** Tokens that must be generated. */
function checkForced(tokens: ArrayLike<number>, vocabSize: number, eos: ReadonlySet<number>, where: string): void {
  checkTokens(tokens, vocabSize, where)
  for (let i = 0; i < tokens.length; i++) {
    if (eos.has(tokens[i]!)) throw new DecodingError(`token ${tokens[i]} in ${where} ends sentences: leave it out`)
  }
}

function checkFits(tokens: number, maxLength: number, what: string): void {
  if (tokens > maxLength) throw new DecodingError(`${what} has ${tokens} tokens, but maxLength is ${maxLength}`)
}
