import { type AddedToken, AddedTokens } from './added-tokens.js'
import { BpeTokenizer } from './bpe-tokenizer.js'
import { CHAR_OF_BYTE } from './bytes.js'
import { PairCounts } from './pair-counts.js'
import { forEachWord, type Pattern } from './pre-tokenize.js'
import { TokenizerError } from './tokenizer.js'
import { Vocabulary } from './vocabulary.js'
import type { Merge } from './word-merger.js'

export interface BpeTrainProgress {
  /** `count`: reading the texts, `done` characters so far. `merge`: learning merges, `done` of `total`. */
  readonly stage: 'count' | 'merge'
  readonly done: number
  readonly total?: number
}

export interface BpeTrainOptions {
  /** Tokens to have at the end, special tokens and the 256 bytes included. Fewer if the texts yield no more merges. */
  readonly vocabSize: number
  /** Tokens that get the first ids, in this order. Default none. */
  readonly specialTokens?: readonly string[]
  /** A pair of tokens is merged only if it occurs at least this often. Default 2. */
  readonly minFrequency?: number
  /** How texts are cut into words. Default `gpt2`. */
  readonly pattern?: Pattern
  readonly onProgress?: (progress: BpeTrainProgress) => void
}

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword
 * Units", algorithm 1, on bytes as in Radford et al. 2019).
 *
 * Ids: the special tokens, the 256 bytes in the order of their spelling, then one for each merge. The pair that is
 * merged next is the most frequent; of equally frequent ones that with the smaller first id, then the smaller second,
 * as in Hugging Face `tokenizers`. A merge that spells an existing token becomes that token. Special tokens in the
 * texts are left out, since `encode` finds them first.
 *
 * Each text counts as a document of its own: no word reaches from one into the next (`readTexts` cuts files so that
 * this changes nothing). Throws a `TokenizerError` if `vocabSize` is too small or there is no text.
 */
export async function trainBpe(
  texts: Iterable<string> | AsyncIterable<string>,
  options: BpeTrainOptions,
): Promise<BpeTokenizer> {
  const { vocabSize, specialTokens = [], minFrequency = 2, pattern = 'gpt2', onProgress } = options
  const added = new AddedTokens(specialTokens.map((content, id): AddedToken => ({ id, content, special: true })))
  const tokens = [...specialTokens]
  const ids = new Map(tokens.map((token, id) => [token, id]))
  for (const char of CHAR_OF_BYTE.toSorted()) addToken(char, tokens, ids)
  const minimum = minVocabSize(specialTokens)
  if (!Number.isInteger(vocabSize) || vocabSize < minimum) {
    throw new TokenizerError(
      `vocabSize must be an integer of at least ${minimum} (the bytes and the special tokens), got ${vocabSize}`,
    )
  }
  if (!(minFrequency >= 1)) throw new TokenizerError(`minFrequency must be at least 1, got ${minFrequency}`)

  const counts = await countWords(texts, added, pattern, onProgress)
  if (counts.size === 0) throw new TokenizerError('there is no text to train on')
  const words = new Words(
    counts,
    CHAR_OF_BYTE.map((char) => ids.get(char)!),
  )
  const pairs = new PairCounts()
  words.countPairs(pairs)

  const merges: Merge[] = []
  const isMerge = new Set<string>()
  const total = vocabSize - tokens.length
  for (let done = 0; tokens.length < vocabSize; done = total - (vocabSize - tokens.length)) {
    onProgress?.({ stage: 'merge', done, total })
    pairs.requeue()
    const pair = pairs.takeMostFrequent(minFrequency)
    if (pair === undefined) break
    const { a, b } = pair
    const merged = addToken(tokens[a]! + tokens[b]!, tokens, ids)
    // A token that came about in two ways can bring back a pair that was merged before.
    const key = `${a} ${b}`
    if (!isMerge.has(key)) merges.push([a, b, merged])
    isMerge.add(key)
    for (const word of pair.words) words.merge(word, [a, b, merged], pairs)
    pairs.forget(a, b)
  }
  const vocabulary = new Vocabulary(tokens.map((token, id) => [token, id]))
  return new BpeTokenizer({ vocabulary, merges, added, pattern })
}

/** The bytes and the special tokens: what a vocabulary has before any merge. */
export function minVocabSize(specialTokens: readonly string[]): number {
  return new Set([...CHAR_OF_BYTE, ...specialTokens]).size
}

function addToken(token: string, tokens: string[], ids: Map<string, number>): number {
  const id = ids.get(token)
  if (id !== undefined) return id
  ids.set(token, tokens.length)
  return tokens.push(token) - 1
}

async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  added: AddedTokens,
  pattern: Pattern,
  onProgress: BpeTrainOptions['onProgress'],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let done = 0
  // A string is an iterable of its characters, which nobody means.
  for await (const text of typeof texts === 'string' ? [texts] : texts) {
    const onText = (start: number, end: number): void =>
      forEachWord(text.slice(start, end), pattern, (word) => counts.set(word, (counts.get(word) ?? 0) + 1))
    added.split(text, onText, () => {})
    done += text.length
    onProgress?.({ stage: 'count', done })
  }
  return counts
}

/** The distinct words as sequences of ids, one after the other in one array, with their counts. */
class Words {
  private readonly symbols: Int32Array
  private readonly starts: Int32Array
  /** One past the last symbol of each word; a word shrinks within its place. */
  private readonly ends: Int32Array
  private readonly counts: Float64Array

  constructor(counts: ReadonlyMap<string, number>, idOfByte: readonly number[]) {
    const bytes = [...counts.keys()].map((word) => Buffer.from(word, 'utf8'))
    this.symbols = new Int32Array(bytes.reduce((sum, word) => sum + word.length, 0))
    this.starts = new Int32Array(bytes.length)
    this.ends = new Int32Array(bytes.length)
    this.counts = Float64Array.from(counts.values())
    let at = 0
    for (const [word, wordBytes] of bytes.entries()) {
      this.starts[word] = at
      for (const byte of wordBytes) this.symbols[at++] = idOfByte[byte]!
      this.ends[word] = at
    }
  }

  countPairs(pairs: PairCounts): void {
    for (let word = 0; word < this.starts.length; word++) {
      for (let at = this.starts[word]!; at + 1 < this.ends[word]!; at++) {
        pairs.add(this.symbols[at]!, this.symbols[at + 1]!, this.counts[word]!, word)
      }
    }
  }

  /** Merges every occurrence of a pair in a word, from left to right, and corrects the counts of the pairs around. */
  merge(word: number, [a, b, merged]: Merge, pairs: PairCounts): void {
    const { symbols } = this
    const start = this.starts[word]!
    const end = this.ends[word]!
    const count = this.counts[word]!
    let write = start
    for (let read = start; read < end; ) {
      if (symbols[read] !== a || read + 1 >= end || symbols[read + 1] !== b) {
        symbols[write++] = symbols[read++]!
        continue
      }
      if (write > start) {
        pairs.add(symbols[write - 1]!, a, -count, word)
        pairs.add(symbols[write - 1]!, merged, count, word)
      }
      if (read + 2 < end) {
        pairs.add(b, symbols[read + 2]!, -count, word)
        pairs.add(merged, symbols[read + 2]!, count, word)
      }
      symbols[write++] = merged
      read += 2
    }
    this.ends[word] = write
  }
}
