import { readJson, UsageError } from '@parlance/nn/command-line'
import { CharTokenizer, loadTokenizer, type Tokenizer } from '@parlance/tokenizer'
import { BLANK, BLANK_TOKEN } from './blank.js'
import { WordTokenizer } from './word-tokenizer.js'

/** What transcripts are made of: characters, spaces among them, or whole words. */
export type Units = 'characters' | 'words'

/** The vocabulary of these transcripts, the blank first. */
export function makeTokenizer(texts: readonly string[], units: Units): Tokenizer {
  if (units === 'words') return WordTokenizer.fromTexts(texts, [BLANK_TOKEN])
  return CharTokenizer.fromText(texts.join(''), { specialTokens: [BLANK_TOKEN] })
}

/**
 * Reads a tokenizer.json of words, characters or byte pairs.
 *
 * @throws Error, one line, for a file that is none; UsageError when its first token is not the blank
 */
export async function readTokenizer(file: string): Promise<Tokenizer> {
  const json = readJson(file) as { model?: { type?: unknown } } | null
  const tokenizer = json?.model?.type === 'WordLevel' ? WordTokenizer.fromJSON(json, file) : await loadTokenizer(file)
  if (tokenizer.tokenToId(BLANK_TOKEN) !== BLANK) {
    throw new UsageError(
      `${file}: the first token must be ${BLANK_TOKEN}, got ${tokenizer.idToToken(0)}: ` +
        `train it with parlance-tokenizer train --special '${BLANK_TOKEN}'.`,
    )
  }
  return tokenizer
}

/** The text of tokens, its words separated by single spaces, whatever spaces a search put before, after or between them. */
export function spelled(tokenizer: Tokenizer, tokens: readonly number[]): string {
  return tokenizer.decode(tokens).trim().replaceAll(/\s+/gu, ' ')
}
