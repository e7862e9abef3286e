import { type AddedToken, AddedTokens } from './added-tokens.js'
import { BpeTokenizer } from './bpe-tokenizer.js'
import { CHAR_OF_BYTE } from './bytes.js'
import { CharTokenizer } from './char-tokenizer.js'
import { readPreTokenizer } from './pre-tokenize.js'
import { readText } from './read-texts.js'
import { TokenizerError } from './tokenizer.js'
import { parseTokenizerJson, type TokenizerJson } from './tokenizer-json.js'
import { Vocabulary } from './vocabulary.js'
import type { Merge } from './word-merger.js'

/**
 * Reads a parsed Hugging Face tokenizer.json: byte-level BPE with the pattern of GPT-2 or cl100k, or the characters
 * that `CharTokenizer` writes. Throws a `TokenizerError` that names the field for anything else.
 */
export function tokenizerFromJSON(json: unknown): BpeTokenizer | CharTokenizer {
  const parsed = parseTokenizerJson(json)
  const decoder = parsed.decoder?.type
  if (parsed.pre_tokenizer) {
    if (decoder !== 'ByteLevel') throw new TokenizerError(`decoder.type: expected "ByteLevel", got ${decoder ?? null}`)
    return bpeFromJSON(parsed)
  }
  if (parsed.model.merges.length > 0) {
    throw new TokenizerError('pre_tokenizer: expected ByteLevel or a Sequence of Split and ByteLevel, got null')
  }
  if (decoder !== 'Fuse') throw new TokenizerError(`decoder.type: expected "Fuse", got ${decoder ?? null}`)
  return CharTokenizer.fromJSON(parsed)
}

/** Reads a tokenizer.json file; see `tokenizerFromJSON`. Errors name the file. */
export async function loadTokenizer(path: string): Promise<BpeTokenizer | CharTokenizer> {
  const json = await readJson(path)
  return inFile(path, () => tokenizerFromJSON(json))
}

/**
 * Reads GPT-2's pair of files, `encoder.json` (or `vocab.json`) and `vocab.bpe` (or `merges.txt`). Tokens that are
 * neither bytes nor results of merges, such as `<|endoftext|>`, become special tokens.
 */
export async function loadGpt2Tokenizer(vocabPath: string, mergesPath: string): Promise<BpeTokenizer> {
  const json = await readJson(vocabPath)
  const vocabulary = inFile(vocabPath, () => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new TokenizerError('expected an object of token → id')
    }
    return new Vocabulary(Object.entries(json))
  })
  const lines = (await readText(mergesPath)).split(/\r?\n/u)
  const skipped = lines[0]!.startsWith('#version') ? 1 : 0
  if (lines.at(-1) === '') lines.pop()
  const merges = inFile(mergesPath, () =>
    lines.slice(skipped).map((line, i) => readMerge(line, vocabulary, `line ${i + skipped + 1}`)),
  )
  const ordinary = new Set([...CHAR_OF_BYTE.map((char) => vocabulary.idOf(char)), ...merges.map((merge) => merge[2])])
  const special = [...vocabulary.entries()]
    .filter(([, id]) => !ordinary.has(id))
    .map(([content, id]): AddedToken => ({ id, content, special: true }))
  return new BpeTokenizer({ vocabulary, merges, added: new AddedTokens(special), pattern: 'gpt2' })
}

function bpeFromJSON(json: TokenizerJson): BpeTokenizer {
  const { model } = json
  if (typeof model.unk_token === 'string') {
    throw new TokenizerError(`model.unk_token: must be null in a byte-level model, got "${model.unk_token}"`)
  }
  const added = json.added_tokens.map(({ id, content }): [string, number] => [content, id])
  const vocabulary = new Vocabulary([...Object.entries(model.vocab), ...added], 'model.vocab')
  return new BpeTokenizer({
    vocabulary,
    merges: model.merges.map((merge, i) => readMerge(merge, vocabulary, `model.merges.${i}`)),
    added: new AddedTokens(json.added_tokens),
    ...readPreTokenizer(json.pre_tokenizer!),
    ignoreMerges: model.ignore_merges ?? false,
  })
}

function readMerge(merge: string | readonly [string, string], vocabulary: Vocabulary, field: string): Merge {
  const parts = typeof merge === 'string' ? merge.split(' ') : merge
  if (parts.length !== 2) {
    throw new TokenizerError(`${field}: expected two tokens with a space between, got ${JSON.stringify(merge)}`)
  }
  const [left, right] = parts as [string, string]
  const [a, b, merged] = [left, right, left + right].map((token) => {
    const id = vocabulary.idOf(token)
    if (id === undefined) throw new TokenizerError(`${field}: token ${JSON.stringify(token)} is not in the vocabulary`)
    return id
  }) as [number, number, number]
  return [a, b, merged]
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TokenizerError(`${path}: it is not JSON (${(error as Error).message})`)
  }
}

function inFile<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof TokenizerError ? new TokenizerError(`${path}: ${error.message}`) : error
  }
}
