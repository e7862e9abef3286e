import { tokenPassing } from './token-passing.js'
import type { WordLanguageModel } from '../search/word-language-model.js'
import type { Pronunciation } from './lexicon.js'
import { PrefixTree } from './prefix-tree.js'

/** Kept at each frame: a transcript has few alternatives. */
const BEAM_SIZE = 1000

/** How a word was spoken, and when. */
export interface AlignedWord extends Pronunciation {
  /** Its first encoder frame. */
  start: number
  /** Its last one. */
  end: number
}

/**
 * Where the words of a known transcript lie, and which of their pronunciations were spoken: the best alignment (forced
 * alignment, with the topology of CTC).
 *
 * @param logProbs (frames, vocabSize) of an acoustic model of phones, a row a frame
 * @param options of each word of the transcript its pronunciations
 * @param tokenOf a phone's token of the acoustic model
 * @returns of each word where it is; undefined where the recording is too short for all of them
 * @throws UsageError for phones that the model does not know
 */
export function alignWords(
  logProbs: Float32Array,
  vocabSize: number,
  options: readonly (readonly Pronunciation[])[],
  tokenOf: (phone: string) => number | undefined,
): AlignedWord[] | undefined {
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
  return best.tokens.map((id, place) => {
    const which = Number((tree.words[id] as string).split(' ')[1])
    const spoken = (options[place] as readonly Pronunciation[])[which] as Pronunciation
    return { ...spoken, start: best.frames[place] as number, end: (best.ends as number[])[place] as number }
  })
}
