import type { AlignmentTable } from './alignment-table.js'
import { type Examples } from '../data/examples.js'

export interface ShortlistOptions {
  /** Translations kept of each source token at most. Default 30. */
  translations?: number
  /** Of at least this probability. Default 0.001. */
  leastProbability?: number
}

/** Tokens that a sentence may choose from whatever its length, of them the most frequent, and further ones for each of its tokens. */
const BASE = 512
const FREQUENT = 320
const PER_TOKEN = 24
const MULTIPLE = 64
/** Lists grow by so many positions of the padded length. */
const POSITIONS = 8

/**
 * Which target tokens a source sentence is likely to be translated with: the probable translations of its tokens, its own
 * tokens (names, numbers), and as many of the most frequent ones as there is room for (Jean et al. 2015, section 3.2;
 * L'Hostis, Grangier and Auli 2016). The number of tokens depends on the padded length of the source alone, so that
 * sentences of one batch have equally many.
 */
export class Shortlist {
  /**
   * @param starts (V + 1) where the translations of each source token begin in `translations`; ascending
   * @param translations best first
   * @param frequent (V) all tokens, the most frequent first, those that every sentence needs before
   */
  constructor(
    readonly starts: Int32Array,
    readonly translations: Int32Array,
    readonly frequent: Int32Array,
  ) {}

  get vocabSize(): number {
    return this.frequent.length
  }

  /** @param always tokens that every sentence may use, as the end token */
  static learn(table: AlignmentTable, examples: Examples, always: readonly number[], options: ShortlistOptions = {}): Shortlist {
    const { translations = 30, leastProbability = 0.001 } = options
    const { vocabSize } = table
    const lists = Array.from({ length: vocabSize }, (_, token) => table.best(token, translations, leastProbability))
    const starts = new Int32Array(vocabSize + 1)
    for (const [token, list] of lists.entries()) starts[token + 1] = (starts[token] as number) + list.length
    const joined = new Int32Array(starts[vocabSize] as number)
    for (const [token, list] of lists.entries()) joined.set(list, starts[token])
    const counts = new Float64Array(vocabSize)
    for (const token of examples.targets.tokens) counts[token] = (counts[token] as number) + 1
    for (const token of always) counts[token] = Infinity
    const frequent = Int32Array.from({ length: vocabSize }, (_, token) => token)
    // Infinity − Infinity is NaN: equal.
    frequent.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
    return new Shortlist(starts, joined, frequent)
  }

  /** How many tokens a sentence whose source is padded to `length` may choose from. */
  size(length: number): number {
    const positions = Math.ceil(length / POSITIONS) * POSITIONS
    return Math.min(this.vocabSize, Math.ceil((BASE + PER_TOKEN * positions) / MULTIPLE) * MULTIPLE)
  }

  /** The `size(length)` tokens for a source, ascending. */
  choose(source: ArrayLike<number>, length: number): Int32Array {
    const size = this.size(length)
    const chosen = new Set<number>(this.frequent.subarray(0, FREQUENT))
    const add = (token: number) => {
      if (chosen.size < size) chosen.add(token)
    }
    for (let i = 0; i < source.length; i++) add(source[i] as number)
    // The best translation of every token, then the second best …: a long list of one token does not crowd out others'.
    for (let rank = 0, more = true; more && chosen.size < size; rank++) {
      more = false
      for (let i = 0; i < source.length; i++) {
        const at = (this.starts[source[i] as number] as number) + rank
        if (at >= (this.starts[(source[i] as number) + 1] as number)) continue
        add(this.translations[at] as number)
        more = true
      }
    }
    for (let i = FREQUENT; chosen.size < size; i++) add(this.frequent[i] as number)
    return Int32Array.from(chosen).sort()
  }
}
