import { createHash } from 'node:crypto'
import { countBytes, countCharacters, countWordsWithEos } from '@parlance/metrics'
import { readTexts, type Tokenizer } from '@parlance/tokenizer'

/** A text as tokens, with the counts that figures are divided by. */
export interface TokenizedText {
  readonly tokens: Int32Array
  readonly bytes: number
  readonly characters: number
  /** Words between white space, and one `<eos>` for each line: WikiText's convention. */
  readonly words: number
  /** Of the text, hex. */
  readonly sha256: string
}

/** A text in memory as tokens. */
export function tokenize(text: string, tokenizer: Tokenizer): TokenizedText {
  return {
    tokens: tokenizer.encode(text),
    bytes: countBytes(text),
    characters: countCharacters(text),
    words: countWordsWithEos(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  }
}

/** The texts of UTF-8 files, one after the other, as tokens. Throws a `TokenizerError`, one line, for what cannot be read. */
export async function tokenizeFiles(files: readonly string[], tokenizer: Tokenizer): Promise<TokenizedText> {
  const parts: string[] = []
  for await (const part of readTexts(files)) parts.push(part)
  return tokenize(parts.join(''), tokenizer)
}
