import type { LanguageModelScorer } from '@parlance/decoding'
import { NgramError } from './errors.js'

/**
 * The n-grams of one order, in the form of a back-off model. Node i of the next level down the trie lies in
 * `children[context] ≤ i < children[context + 1]`; there the words ascend.
 */
export interface Level {
  /** (nodes) last word. */
  readonly words: Int32Array
  /** (nodes) ln P(last word | the words before it). */
  readonly logProbs: Float32Array
  /** (nodes) ln of the weight of shorter contexts after this n-gram; empty at the highest order. */
  readonly backoffs: Float32Array
  /** (nodes + 1) first node of the next order that continues this n-gram; empty at the highest order. */
  readonly children: Int32Array
}

/** Negative log-likelihood in nats, and of how many tokens. Perplexity is exp(nll / tokens). */
export interface NgramScore {
  readonly nll: number
  readonly tokens: number
}

/**
 * A back-off n-gram model over token ids. Every token of [0, vocabSize) has a probability above 0 in every
 * context, and they sum to 1. `bos`, which is vocabSize, stands for the beginning of a sequence; it can be
 * part of a context but is never predicted.
 *
 * A state is (order − 1) trie nodes: those of the last 1, 2, … tokens, -1 where that n-gram is unknown.
 */
export class NgramModel implements LanguageModelScorer<Int32Array> {
  readonly vocabSize: number
  /** The token that ends each sentence, in a model of separate sentences. */
  readonly eos: number | undefined
  /** One per order, unigrams first. */
  readonly levels: readonly Level[]

  /** @internal Use `trainNgram`, `loadNgram` or `readArpa`. */
  constructor(levels: readonly Level[], vocabSize: number, eos: number | undefined) {
    this.levels = levels
    this.vocabSize = vocabSize
    this.eos = eos
  }

  get order(): number {
    return this.levels.length
  }

  get bos(): number {
    return this.vocabSize
  }

  /** The state at the beginning of a sequence. */
  initial(): Int32Array {
    return this.advance(new Int32Array(this.order - 1).fill(-1), this.bos)
  }

  /** ln P(token | state). */
  score(state: Int32Array, token: number): number {
    if ((token | 0) !== token || token < 0 || token >= this.vocabSize) {
      throw new NgramError(`token ${token} is outside the model's vocabulary of ${this.vocabSize}`)
    }
    let backoff = 0
    for (let n = this.order - 1; n >= 1; n--) {
      const context = state[n - 1]!
      if (context < 0) continue
      const node = this.#child(n, context, token)
      if (node >= 0) return backoff + this.levels[n]!.logProbs[node]!
      backoff += this.levels[n - 1]!.backoffs[context]!
    }
    return backoff + this.levels[0]!.logProbs[token]!
  }

  advance(state: Int32Array, token: number): Int32Array {
    const next = Int32Array.from(state)
    this.#advance(next, token)
    return next
  }

  /**
   * ln P(token | context).
   *
   * @param context the tokens before it, of which the last order − 1 count; begin it with `bos` where the
   *   sequence begins
   * @throws NgramError for a token outside the vocabulary
   */
  logProb(context: ArrayLike<number>, token: number): number {
    const state = new Int32Array(this.order - 1).fill(-1)
    for (let i = Math.max(0, context.length - state.length); i < context.length; i++) this.#advance(state, context[i]!)
    return this.score(state, token)
  }

  /** Scores one unbroken sequence of tokens from its beginning; no end is added. */
  scoreStream(tokens: ArrayLike<number>): NgramScore {
    const state = this.initial()
    let nll = 0
    for (let i = 0; i < tokens.length; i++) {
      nll -= this.score(state, tokens[i]!)
      this.#advance(state, tokens[i]!)
    }
    return { nll, tokens: tokens.length }
  }

  /** Scores sentences independently of each other; when the model has an `eos`, each one's counts as a token. */
  scoreSentences(sentences: Iterable<ArrayLike<number>>): NgramScore {
    let nll = 0
    let tokens = 0
    for (const sentence of sentences) {
      const closed = this.eos === undefined ? sentence : [...Array.from(sentence), this.eos]
      const score = this.scoreStream(closed)
      nll += score.nll
      tokens += score.tokens
    }
    return { nll, tokens }
  }

  #advance(state: Int32Array, token: number): void {
    if ((token | 0) !== token || token < 0 || token > this.bos) {
      throw new NgramError(`token ${token} is outside the model's vocabulary of ${this.vocabSize}`)
    }
    for (let n = state.length; n > 1; n--) {
      const context = state[n - 2]!
      state[n - 1] = context < 0 ? -1 : this.#child(n - 1, context, token)
    }
    if (state.length > 0) state[0] = token
  }

  /** The node in `levels[n]` of `context` (a node of `levels[n - 1]`) followed by `token`, or -1. */
  #child(n: number, context: number, token: number): number {
    const { children } = this.levels[n - 1]!
    return findWord(this.levels[n]!.words, children[context]!, children[context + 1]!, token)
  }
}

/** The index of `word` in the ascending part [from, to) of `words`, or -1. */
export function findWord(words: Int32Array, from: number, to: number, word: number): number {
  let low = from
  let high = to - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = words[middle]!
    if (found === word) return middle
    if (found < word) low = middle + 1
    else high = middle - 1
  }
  return -1
}
