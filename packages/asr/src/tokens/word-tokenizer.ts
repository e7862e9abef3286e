import { createHash } from 'node:crypto'
import { parseConfig } from '@parlance/nn/command-line'
import { type Tokenizer, TokenizerError } from '@parlance/tokenizer'
import { z } from 'zod'

const wordLevel = z.object({
  version: z.string(),
  truncation: z.null(),
  padding: z.null(),
  added_tokens: z.array(z.record(z.string(), z.unknown())),
  normalizer: z.null(),
  pre_tokenizer: z.object({ type: z.literal('WhitespaceSplit') }),
  post_processor: z.null(),
  decoder: z.null(),
  model: z.object({ type: z.literal('WordLevel'), vocab: z.record(z.string(), z.int().min(0)), unk_token: z.string() }),
})

/**
 * One token per word, words separated by white space: for small vocabularies such as commands or digits. Ids: special
 * tokens in their order, then the words by code point. A word that is not in the vocabulary is an error.
 *
 * Its tokenizer.json is Hugging Face's `WordLevel` model with a `WhitespaceSplit` pre-tokenizer.
 */
export class WordTokenizer implements Tokenizer {
  readonly hash: string
  private readonly ids: ReadonlyMap<string, number>

  /** @param tokens in the order of their ids, no two alike; the first `special` are special tokens */
  private constructor(
    private readonly tokens: readonly string[],
    private readonly special: number,
  ) {
    this.ids = new Map(tokens.map((token, id) => [token, id]))
    if (this.ids.size < tokens.length) throw new TokenizerError('two tokens of a word vocabulary are alike')
    this.hash = createHash('sha256').update(JSON.stringify({ tokens, special })).digest('hex')
  }

  /** The words of these texts. */
  static fromTexts(texts: Iterable<string>, specialTokens: readonly string[] = []): WordTokenizer {
    const words = new Set<string>()
    for (const text of texts) for (const word of wordsOf(text)) words.add(word)
    if (words.size === 0) throw new TokenizerError('there are no words to make a vocabulary of: the texts are empty')
    return new WordTokenizer([...specialTokens, ...[...words].sort()], specialTokens.length)
  }

  /** From a tokenizer.json that `toJSON` made. Throws a `UsageError` that names `source` and the field otherwise. */
  static fromJSON(json: unknown, source: string): WordTokenizer {
    const { model, added_tokens: added } = parseConfig(wordLevel, json, source)
    const tokens = Object.entries(model.vocab).sort(([, a], [, b]) => a - b)
    if (tokens.some(([, id], i) => id !== i)) throw new TokenizerError(`${source}: model.vocab: ids must be 0 to ${tokens.length - 1}, each once`)
    return new WordTokenizer(tokens.map(([token]) => token), added.length)
  }

  get vocabSize(): number {
    return this.tokens.length
  }

  encode(text: string): Int32Array {
    return Int32Array.from(wordsOf(text), (word) => {
      const id = this.ids.get(word)
      if (id !== undefined) return id
      throw new TokenizerError(`word ${JSON.stringify(word)} is not in the vocabulary of ${this.vocabSize} tokens; train on text that has it`)
    })
  }

  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id) => this.idToToken(id)).join(' ')
  }

  tokenToId(token: string): number | undefined {
    return this.ids.get(token)
  }

  idToToken(id: number): string {
    const token = this.tokens[id]
    if (token === undefined) throw new TokenizerError(`token ${id} is outside the vocabulary of ${this.vocabSize} tokens`)
    return token
  }

  toJSON(): object {
    const added = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.tokens.slice(0, this.special).map((content, id) => ({ id, content, ...added })),
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordLevel', vocab: Object.fromEntries(this.tokens.map((token, id) => [token, id])), unk_token: '<unk>' },
    }
  }
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}
