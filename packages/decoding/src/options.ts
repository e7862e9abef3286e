import { DecodingError } from './errors.js'
import type { TokenFilter } from './filters.js'

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
  readonly filters?: readonly TokenFilter[]
}

/** Search options after checking, in the form that searches use. */
export interface CheckedOptions {
  readonly sentences: number
  readonly prompts: readonly ArrayLike<number>[]
  readonly eos: ReadonlySet<number>
  /** (sentences) */
  readonly maxLength: Int32Array
  /** How many candidates of a row may be rejected by filters. */
  readonly maxRejected: number
  allows(token: number, position: number): boolean
}

/** Checks all common options in one place. Throws DecodingError. */
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
    for (let i = 0; i < prompt.length; i++) checkToken(prompt[i]!, vocabSize, `prompt of sentence ${s}`)
  })
  const eos = new Set(typeof options.eos === 'number' ? [options.eos] : options.eos)
  for (const token of eos) checkToken(token, vocabSize, 'eos')
  const maxLength = new Int32Array(sentences)
  for (let s = 0; s < sentences; s++) {
    const length = typeof options.maxLength === 'number' ? options.maxLength : options.maxLength(s)
    checkCount(length, `maxLength of sentence ${s}`)
    maxLength[s] = length
  }
  return {
    sentences, prompts, eos, maxLength,
    maxRejected: filters.reduce((sum, filter) => sum + filter.maxRejected, 0),
    allows: (token, position) => filters.every((filter) => filter.allows(token, position)),
  }
}

/** Throws DecodingError unless `value` is a positive integer. */
export function checkCount(value: number, name: string): void {
  if (!(Number.isInteger(value) && value >= 1 && value < 2 ** 31)) {
    throw new DecodingError(`${name} must be a positive integer, got ${value}`)
  }
}

function checkToken(token: number, vocabSize: number, where: string): void {
  if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) {
    throw new DecodingError(`token ${token} in ${where} is outside the vocabulary of ${vocabSize}`)
  }
}
