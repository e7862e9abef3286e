import type { NgramModel } from './model.js'
import { END_OF_LINE, UNKNOWN } from './words.js'

/** What ends a sentence in ARPA files. */
const SENTENCE_END = '</s>'

/**
 * A model of words, asked by how they are spelt. Words outside the vocabulary count as `<unk>`, and cannot come where the
 * model has none. Utterances begin like sentences, or like lines where the model is of one stream of lines.
 */
export class NgramWords {
  readonly #model: NgramModel
  readonly #ids: ReadonlyMap<string, number>
  readonly #unknown: number | undefined
  readonly #end: number | undefined
  readonly #start: Int32Array
  /** The words that may come: neither `<unk>` nor what ends a sentence. */
  readonly words: readonly string[]

  /** @param words (vocabSize) the text of each token */
  constructor(model: NgramModel, words: readonly string[]) {
    this.#model = model
    this.#ids = new Map(words.map((word, id) => [word, id]))
    this.#unknown = this.#ids.get(UNKNOWN)
    this.#end = model.eos ?? this.#ids.get(END_OF_LINE)
    const start = model.initial()
    this.#start = model.eos === undefined && this.#end !== undefined ? model.advance(start, this.#end) : start
    this.words = words.filter((word) => word !== UNKNOWN && word !== END_OF_LINE && word !== SENTENCE_END)
  }

  has(word: string): boolean {
    return this.#ids.has(word)
  }

  initial(): Int32Array {
    return this.#start
  }

  /** ln P(word | state). */
  score(state: Int32Array, word: string): number {
    const id = this.#ids.get(word) ?? this.#unknown
    return id === undefined ? -Infinity : this.#model.score(state, id)
  }

  /** The state after `word`. A word that cannot come leaves it as it is. */
  advance(state: Int32Array, word: string): Int32Array {
    const id = this.#ids.get(word) ?? this.#unknown
    return id === undefined ? state : this.#model.advance(state, id)
  }

  /** ln P(the utterance ends | state); 0 for a model without ends. */
  end(state: Int32Array): number {
    return this.#end === undefined ? 0 : this.#model.score(state, this.#end)
  }

  /** Equal for states with equal futures. */
  key(state: Int32Array): string {
    return state.join()
  }
}
