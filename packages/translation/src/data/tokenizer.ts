import { loadTokenizer, type Tokenizer, trainBpe } from '@parlance/tokenizer'
import { type Direction, extendTokenizer, languageTag, SYNTHETIC_TAG } from '../multilingual/languages.js'
import { SPECIAL_TOKENS } from '../special-tokens.js'
import { checkSpecialTokens } from '../text-codec.js'
import type { Pair } from './read-pairs.js'

/** The tags that sources of the given parts begin with. */
function tagsOf(parts: readonly { direction: Direction | undefined; pairs: readonly Pair[] }[]): string[] {
  const languages = new Set(parts.flatMap(({ direction }) => direction?.to ?? []))
  const tagged = parts.some(({ pairs }) => pairs.some((pair) => pair.tagged))
  return [...(tagged ? [SYNTHETIC_TAG] : []), ...[...languages].sort().map(languageTag)]
}

function* texts(parts: readonly { pairs: readonly Pair[] }[]): Generator<string> {
  for (const { pairs } of parts) for (const { source, target } of pairs) yield* [` ${source}`, ` ${target}`]
}

/**
 * The joint vocabulary of all languages: that of a file, with the tags that it lacks, or one learned from the parts.
 *
 * @throws Error, one line, for a file that holds no tokenizer for translation
 */
export async function makeTokenizer(
  file: string | undefined,
  parts: readonly { direction: Direction | undefined; pairs: readonly Pair[] }[],
  vocabSize: number,
): Promise<Tokenizer> {
  const tags = tagsOf(parts)
  if (file === undefined) return trainBpe(texts(parts), { vocabSize, specialTokens: [...SPECIAL_TOKENS, ...tags], pattern: 'digits' })
  const tokenizer = await loadTokenizer(file)
  checkSpecialTokens(tokenizer, file)
  return extendTokenizer(tokenizer, tags)
}
