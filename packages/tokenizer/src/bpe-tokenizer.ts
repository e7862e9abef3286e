import type { AddedTokens } from './added-tokens.js'
import { bytesOfToken, CHAR_OF_BYTE } from './bytes.js'
import { canonicalHash } from './hash.js'
import { IdList } from './id-list.js'
import { forEachWord, type Pattern, preTokenizerJson } from './pre-tokenize.js'
import { type Tokenizer, TokenizerError } from './tokenizer.js'
import type { Vocabulary } from './vocabulary.js'
import { WordCache } from './word-cache.js'
import { type Merge, WordMerger } from './word-merger.js'

/** Words longer than this (UTF-16 units) are rare enough not to be remembered. */
const MAX_CACHED_WORD = 64

export interface BpeParts {
  readonly vocabulary: Vocabulary
  /** In order of rank. */
  readonly merges: readonly Merge[]
  readonly added: AddedTokens
  readonly pattern: Pattern
  /** Puts a space before a text (or a stretch between special tokens) that does not begin with one. Default false. */
  readonly addPrefixSpace?: boolean
  /** A word that is a token is that token, whatever the merges say. Default false. */
  readonly ignoreMerges?: boolean
}

/**
 * Byte-level byte-pair encoding (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section
 * 2.2): text is cut into words, a word is its UTF-8 bytes, and merges join neighbours in order of rank. It can encode
 * any text; a lone surrogate, which UTF-8 lacks, becomes U+FFFD.
 *
 * Made by `trainBpe`, `loadTokenizer`, `tokenizerFromJSON` and `loadGpt2Tokenizer`.
 */
export class BpeTokenizer implements Tokenizer {
  private readonly parts: Required<BpeParts>
  private readonly merger: WordMerger
  private readonly idOfByte: Int32Array
  private readonly cache = new WordCache()
  /** Bytes of the tokens decoded so far, by id. */
  private readonly bytes: (Uint8Array | undefined)[] = []
  private cachedHash: string | undefined

  constructor(parts: BpeParts) {
    this.parts = { addPrefixSpace: false, ignoreMerges: false, ...parts }
    this.merger = new WordMerger(parts.merges)
    this.idOfByte = Int32Array.from(CHAR_OF_BYTE, (char) => parts.vocabulary.idOf(char) ?? -1)
  }

  get vocabSize(): number {
    return this.parts.vocabulary.size
  }

  get hash(): string {
    this.cachedHash ??= canonicalHash(this.toJSON())
    return this.cachedHash
  }

  /** Throws a `TokenizerError` only if the vocabulary (one from elsewhere) lacks a byte that the text needs. */
  encode(text: string): Int32Array {
    const { added, pattern, addPrefixSpace } = this.parts
    const ids = new IdList(text.length >> 1)
    const onWord = (word: string): void => ids.pushAll(this.encodeWord(word))
    const onText = (start: number, end: number): void => {
      const stretch = text.slice(start, end)
      forEachWord(addPrefixSpace && !stretch.startsWith(' ') ? ` ${stretch}` : stretch, pattern, onWord)
    }
    added.split(text, onText, (id) => ids.push(id))
    return ids.toArray()
  }

  /** Bytes that are not UTF-8, such as a character cut in two by the end of `ids`, become U+FFFD. */
  decode(ids: ArrayLike<number>): string {
    return Buffer.concat(Array.from(ids, (id) => this.bytesOf(id))).toString('utf8')
  }

  tokenToId(token: string): number | undefined {
    return this.parts.vocabulary.idOf(token)
  }

  idToToken(id: number): string {
    return this.parts.vocabulary.tokenOf(id)
  }

  /** All tokens with their ids, in order of id. */
  entries(): Iterable<[token: string, id: number]> {
    return this.parts.vocabulary.entries()
  }

  toJSON(): object {
    const { vocabulary, merges, added, pattern, addPrefixSpace, ignoreMerges } = this.parts
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.toJSON(),
      normalizer: null,
      pre_tokenizer: preTokenizerJson(pattern, addPrefixSpace),
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: ignoreMerges,
        vocab: vocabulary.toRecord(),
        merges: merges.map(([left, right]) => `${vocabulary.tokenOf(left)} ${vocabulary.tokenOf(right)}`),
      },
    }
  }

  private encodeWord(word: string): Int32Array {
    if (word.length > MAX_CACHED_WORD) return this.mergeWord(word)
    let ids = this.cache.get(word)
    if (ids === undefined) {
      ids = this.mergeWord(word)
      this.cache.set(word, ids)
    }
    return ids
  }

  private mergeWord(word: string): Int32Array {
    const bytes = Buffer.from(word, 'utf8')
    if (this.parts.ignoreMerges) {
      const id = this.parts.vocabulary.idOf(Array.from(bytes, (byte) => CHAR_OF_BYTE[byte]).join(''))
      if (id !== undefined) return Int32Array.of(id)
    }
    const symbols = Int32Array.from(bytes, (byte) => this.idOfByte[byte]!)
    const missing = symbols.indexOf(-1)
    if (missing >= 0) {
      const byte = `0x${bytes[missing]!.toString(16).padStart(2, '0')}`
      throw new TokenizerError(`byte ${byte} of ${JSON.stringify(word)} has no token in this vocabulary`)
    }
    return this.merger.merge(symbols)
  }

  private bytesOf(id: number): Uint8Array {
    let bytes = this.bytes[id]
    if (bytes === undefined) {
      const token = this.parts.vocabulary.tokenOf(id)
      const added = this.parts.added.tokens.some((other) => other.id === id)
      bytes = (added ? undefined : bytesOfToken(token)) ?? Buffer.from(token, 'utf8')
      this.bytes[id] = bytes
    }
    return bytes
  }
}
