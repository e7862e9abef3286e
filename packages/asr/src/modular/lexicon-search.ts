import { UsageError } from '@parlance/nn/command-line'
import type { Tokenizer } from '@parlance/tokenizer'
import type { Architecture } from '../config.js'
import type { FrameSearch } from '../search/frame-search.js'
import { WordTokenizer } from '../tokens/word-tokenizer.js'
import type { Pronunciation } from './lexicon.js'
import { PrefixTree } from './prefix-tree.js'
import { tokenPassing, type TokenPassingOptions } from './token-passing.js'

/** The modular recogniser's other parts: a lexicon and, over its words, a language model. */
export interface LexiconOptions extends TokenPassingOptions {
  pronunciations: readonly Pronunciation[]
  /** What the pronunciations came from, for messages. Default `the lexicon`. */
  source?: string
}

/**
 * A search for words over an acoustic model of phones.
 *
 * @param tokenizer of the acoustic model: its tokens are phones
 * @returns the search, and the tokenizer of the words that it finds
 * @throws UsageError for a model that is none of phones, or not the lexicon's
 */
export function lexiconSearch(
  architecture: Architecture,
  tokenizer: Tokenizer,
  { pronunciations, source = 'the lexicon', ...options }: LexiconOptions,
): { search: FrameSearch<unknown>; tokenizer: Tokenizer } {
  if (architecture !== 'ctc') throw new UsageError(`A lexicon needs a CTC model of phones, got the architecture ${architecture}: train one with --architecture ctc.`)
  const tree = new PrefixTree(pronunciations, (phone) => tokenizer.tokenToId(phone), source)
  return { search: tokenPassing(tree, tokenizer.vocabSize, options), tokenizer: WordTokenizer.fromTexts(tree.words) }
}
