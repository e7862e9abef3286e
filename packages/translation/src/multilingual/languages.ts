import { UsageError } from '@parlance/nn/command-line'
import { type Tokenizer, tokenizerFromJSON } from '@parlance/tokenizer'

/** A language pair in the direction of translation, by codes such as `en` or `zh-Hant`. */
export interface Direction {
  readonly from: string
  readonly to: string
}

/** Put in front of sources that a model made up (Caswell et al. 2019, "Tagged Back-Translation"). */
export const SYNTHETIC_TAG = '<bt>'

const TAG = /^<2([A-Za-z][\w-]*)>$/

/** What a source begins with that is to be translated into `language` (Johnson et al. 2017). */
export function languageTag(language: string): string {
  return `<2${language}>`
}

export function directionName({ from, to }: Direction): string {
  return `${from}-${to}`
}

/** The ids of all tags: tokens that only sources have. */
export function tagTokens(tokenizer: Tokenizer): number[] {
  return addedTokens(tokenizer).flatMap(({ id, content }) => (TAG.test(content) || content === SYNTHETIC_TAG ? id : []))
}

/** The languages that a model knows to translate into by name, in alphabetical order; none for a model of one language pair. */
export function targetLanguages(tokenizer: Tokenizer): string[] {
  return addedTokens(tokenizer).flatMap(({ content }) => TAG.exec(content)?.[1] ?? []).sort()
}

function addedTokens(tokenizer: Tokenizer): { id: number; content: string }[] {
  return (tokenizer.toJSON() as { added_tokens: { id: number; content: string }[] }).added_tokens
}

/**
 * The tokens in front of every source that is to be translated into `to`.
 *
 * @param known what `targetLanguages` says of the tokenizer
 * @throws UsageError when the model needs a language and none is given, does not know it, or knows none by name
 */
export function languagePrefix(tokenizer: Tokenizer, known: readonly string[], to: string | undefined): Int32Array {
  if (known.length === 0) {
    if (to === undefined) return new Int32Array(0)
    throw new UsageError(`The model translates into one language and knows none by name: leave out the language "${to}".`)
  }
  if (to === undefined) throw new UsageError(`The model translates into ${known.join(', ')}: say into which of them.`)
  if (!known.includes(to)) throw new UsageError(`The model does not translate into "${to}": it knows ${known.join(', ')}.`)
  return Int32Array.of(tokenizer.tokenToId(languageTag(to)) as number)
}

/** The tokenizer with those of `tags` that it lacks as special tokens behind all others; itself when it lacks none. */
export function extendTokenizer(tokenizer: Tokenizer, tags: readonly string[]): Tokenizer {
  const missing = tags.filter((tag) => tokenizer.tokenToId(tag) === undefined)
  if (missing.length === 0) return tokenizer
  const json = tokenizer.toJSON() as { added_tokens: object[] }
  const added = missing.map((content, i) => ({
    id: tokenizer.vocabSize + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  return tokenizerFromJSON({ ...json, added_tokens: [...json.added_tokens, ...added] })
}
