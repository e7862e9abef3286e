import { type AddedToken, AddedTokens } from './added-tokens.js'
import { canonicalHash } from './hash.js'
import { IdList } from './id-list.js'
import { type Tokenizer, TokenizerError } from './tokenizer.js'
import type { TokenizerJson } from './tokenizer-json.js'
import { Vocabulary } from './vocabulary.js'

export interface CharTrainOptions {
  /** Tokens that get the first ids, in this order. Default none. */
  readonly specialTokens?: readonly string[]
  /** The token of characters not seen in training, added to the special tokens if missing. Default: they are errors. */
  readonly unkToken?: string
}

/**
 * One token per character (Unicode code point). Ids: special tokens in their order, then the characters by code point.
 *
 * Its tokenizer.json is a BPE model without merges, without a pre-tokenizer and with a `Fuse` decoder, which Hugging
 * Face `tokenizers` reads as the same thing.
 */
export class CharTokenizer implements Tokenizer {
  private readonly idOfCodePoint = new Map<number, number>()
  private readonly unkId: number | undefined
  private cachedHash: string | undefined

  private constructor(
    private readonly vocabulary: Vocabulary,
    private readonly added: AddedTokens,
    private readonly unkToken: string | undefined,
  ) {
    const special = new Set(added.tokens.map((token) => token.content))
    for (const [token, id] of vocabulary.entries()) {
      if (special.has(token)) continue
      const codePoint = token.codePointAt(0)
      if (codePoint === undefined || token.length !== String.fromCodePoint(codePoint).length) {
        throw new TokenizerError(`model.vocab: ${JSON.stringify(token)} is not a single character`)
      }
      this.idOfCodePoint.set(codePoint, id)
    }
    this.unkId = unkToken === undefined ? undefined : vocabulary.idOf(unkToken)
    if (unkToken !== undefined && this.unkId === undefined) {
      throw new TokenizerError(`model.unk_token: ${JSON.stringify(unkToken)} is not in the vocabulary`)
    }
  }

  /** The characters of one text. For a stream of texts see `trainChar`. */
  static fromText(text: string, options: CharTrainOptions = {}): CharTokenizer {
    return CharTokenizer.fromCharacters(new Set(text), options)
  }

  /** A vocabulary of these characters. Throws a `TokenizerError` if there are none or one is not one code point. */
  static fromCharacters(characters: Iterable<string>, options: CharTrainOptions = {}): CharTokenizer {
    const { specialTokens = [], unkToken } = options
    const special = unkToken === undefined || specialTokens.includes(unkToken) ? specialTokens : [...specialTokens, unkToken]
    const sorted = [...new Set(characters)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
    if (sorted.length === 0) throw new TokenizerError('there are no characters to make a vocabulary of: the text is empty')
    const added = new AddedTokens(special.map((content, id): AddedToken => ({ id, content, special: true })))
    const tokens = new Set([...special, ...sorted])
    return new CharTokenizer(new Vocabulary([...tokens].map((token, id) => [token, id])), added, unkToken)
  }

  /** From a checked tokenizer.json; see `tokenizerFromJSON`. */
  static fromJSON(json: TokenizerJson): CharTokenizer {
    const added = json.added_tokens.map(({ id, content }): [string, number] => [content, id])
    const vocabulary = new Vocabulary([...Object.entries(json.model.vocab), ...added], 'model.vocab')
    return new CharTokenizer(vocabulary, new AddedTokens(json.added_tokens), json.model.unk_token ?? undefined)
  }

  get vocabSize(): number {
    return this.vocabulary.size
  }

  get hash(): string {
    this.cachedHash ??= canonicalHash(this.toJSON())
    return this.cachedHash
  }

  /** Throws a `TokenizerError` naming character and position for one outside the vocabulary, unless there is an unk token. */
  encode(text: string): Int32Array {
    const ids = new IdList(text.length)
    const onText = (start: number, end: number): void => {
      for (let i = start; i < end; ) {
        const codePoint = text.codePointAt(i)!
        ids.push(this.idAt(codePoint, i))
        i += codePoint > 0xffff ? 2 : 1
      }
    }
    this.added.split(text, onText, (id) => ids.push(id))
    return ids.toArray()
  }

  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id) => this.vocabulary.tokenOf(id)).join('')
  }

  tokenToId(token: string): number | undefined {
    return this.vocabulary.idOf(token)
  }

  idToToken(id: number): string {
    return this.vocabulary.tokenOf(id)
  }

  /** All tokens with their ids, in order of id. */
  entries(): Iterable<[token: string, id: number]> {
    return this.vocabulary.entries()
  }

  toJSON(): object {
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.added.toJSON(),
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: this.unkToken ?? null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: this.vocabulary.toRecord(),
        merges: [],
      },
    }
  }

  private idAt(codePoint: number, index: number): number {
    const id = this.idOfCodePoint.get(codePoint) ?? this.unkId
    if (id !== undefined) return id
    const hex = codePoint.toString(16).toUpperCase().padStart(4, '0')
    const character = JSON.stringify(String.fromCodePoint(codePoint))
    throw new TokenizerError(
      `character ${character} (U+${hex}) at index ${index} of the text is not in the vocabulary of ` +
        `${this.vocabSize} tokens; train on text that has it, or with an unk token`,
    )
  }
}

/** The characters of a stream of texts, such as `readTexts(paths)` yields. */
export async function trainChar(
  texts: Iterable<string> | AsyncIterable<string>,
  options: CharTrainOptions = {},
): Promise<CharTokenizer> {
  const characters = new Set<string>()
  for await (const text of texts) for (const character of text) characters.add(character)
  return CharTokenizer.fromCharacters(characters, options)
}
