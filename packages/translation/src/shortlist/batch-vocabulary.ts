import type { GraphTensor } from '@parlance/runtime/session'
import type { Shortlist } from './shortlist.js'

/**
 * The tokens that the sentences of a batch may say: each its own, of equal number, and all together for the product of the
 * output layer. What a sentence gets does not depend on the others: its own tokens stand in its row in its own order.
 */
export class BatchVocabulary {
  /** (U) all together, ascending; the last is repeated up to a sensible number. */
  readonly tokens: Int32Array
  /** Of each sentence, where its tokens stand in `tokens`: (L). */
  private readonly places: readonly Int32Array[]
  /** The columns of some hypotheses, as they were last asked for. */
  private last: { sentences: Int32Array; columns: GraphTensor } | undefined

  /**
   * @param lists of each sentence, ascending and equally long
   * @param least how many tokens `tokens` holds at least
   */
  constructor(private readonly lists: readonly Int32Array[], vocabSize: number, least: number) {
    const present = new Uint8Array(vocabSize)
    for (const list of lists) for (const token of list) present[token] = 1
    const place = new Int32Array(vocabSize)
    const together: number[] = []
    for (let token = 0; token < vocabSize; token++) if (present[token] === 1) place[token] = together.push(token) - 1
    const padded = Math.ceil(Math.max(together.length, least) / MULTIPLE) * MULTIPLE
    this.tokens = new Int32Array(padded).fill(together.at(-1) as number)
    this.tokens.set(together)
    this.places = lists.map((list) => list.map((token) => place[token] as number))
  }

  /** For sources padded to `length`: what the shortlist chooses, or everything. */
  static of(sources: readonly Int32Array[], length: number, shortlist: Shortlist | undefined, vocabSize: number, least: number): BatchVocabulary {
    const everything = shortlist ? undefined : Int32Array.from({ length: vocabSize }, (_, token) => token)
    const lists = sources.map((source) => everything ?? (shortlist as Shortlist).choose(source, length))
    return new BatchVocabulary(lists, vocabSize, least)
  }

  /** How many tokens each sentence may say: L. */
  get size(): number {
    return (this.lists[0] as Int32Array).length
  }

  /** int32 (rows, L): of hypotheses of these sentences, the places of their tokens. */
  columns(sentences: Int32Array): GraphTensor {
    const { last, size } = this
    if (last?.sentences.length === sentences.length && last.sentences.every((sentence, i) => sentence === sentences[i])) return last.columns
    const data = new Int32Array(sentences.length * size)
    for (const [row, sentence] of sentences.entries()) data.set(this.places[sentence] as Int32Array, row * size)
    const columns = { data, shape: [sentences.length, size] }
    this.last = { sentences, columns }
    return columns
  }

  /**
   * From (rows × found) places in the rows' lists and their log-probabilities, best first, to (rows × k) tokens: where a
   * sentence has fewer than k tokens to say, others follow, which are impossible.
   */
  expand(
    sentences: Int32Array,
    found: { ids: Int32Array; logProbs: Float32Array },
    k: number,
  ): { ids: Int32Array; logProbs: Float32Array } {
    const width = found.ids.length / sentences.length
    const ids = new Int32Array(sentences.length * k)
    const logProbs = width === k ? found.logProbs : new Float32Array(ids.length).fill(-Infinity)
    for (const [row, sentence] of sentences.entries()) {
      const list = this.lists[sentence] as Int32Array
      for (let i = 0; i < width; i++) ids[row * k + i] = list[found.ids[row * width + i] as number] as number
      if (width === k) continue
      logProbs.set(found.logProbs.subarray(row * width, (row + 1) * width), row * k)
      const others = new Set(list)
      for (let i = width, token = 0; i < k; token++) if (!others.has(token)) ids[row * k + i++] = token
    }
    return { ids, logProbs }
  }

  /** (rows × any width) tokens as places in the rows' lists; −1 for those that are not on them. */
  find(sentences: Int32Array, tokens: Int32Array): Int32Array {
    const width = tokens.length / sentences.length
    return tokens.map((token, i) => (this.lists[sentences[Math.floor(i / width)] as number] as Int32Array).indexOf(token))
  }
}

/** Products of other widths may add in another order at their end. */
const MULTIPLE = 16
