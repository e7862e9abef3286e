import { tokenPassing } from './token-passing.js'
import type { Pronunciation } from './lexicon.js'
import { PrefixTree } from './prefix-tree.js'
import type { WordLanguageModel } from './word-language-model.js'

/** Kept at each frame: a transcript has few alternatives. */
const BEAM_SIZE = 1000

/**
 * Which pronunciation of each word of a transcript was spoken: those through which the best alignment goes.
 *
 * @param logProbs (frames, vocabSize) of an acoustic model, a row a frame
 * @param options of each word of the transcript its pronunciations
 * @param tokenOf a phone's token of the acoustic model
 * @returns of each word one of its options; undefined where the recording is too short for all of them
 */
export function choosePronunciations(
  logProbs: Float32Array,
  vocabSize: number,
  options: readonly (readonly Pronunciation[])[],
  tokenOf: (phone: string) => number | undefined,
): Pronunciation[] | undefined {
  // A lexicon in which each pronunciation at each place of the transcript is a word, and the only one that can come there.
  const entries = options.flatMap((some, place) => some.map(({ phones }, which) => ({ word: `${place} ${which}`, phones })))
  const languageModel: WordLanguageModel<number> = {
    initial: () => 0,
    score: (place, word) => (word.startsWith(`${place} `) ? 0 : -Infinity),
    advance: (place) => place + 1,
    end: (place) => (place === options.length ? 0 : -Infinity),
    key: String,
  }
  const tree = new PrefixTree(entries, tokenOf, 'the lexicon')
  const search = tokenPassing(tree, vocabSize, { languageModel: languageModel as WordLanguageModel, beam: 1e9, beamSize: BEAM_SIZE })
  const state = search.start()
  search.advance([state], [logProbs])
  const [best] = search.hypotheses(state)
  if (!best || best.score === -Infinity || best.tokens.length !== options.length) return undefined
  return best.tokens.map((id, place) => (options[place] as readonly Pronunciation[])[Number((tree.words[id] as string).split(' ')[1])] as Pronunciation)
}
