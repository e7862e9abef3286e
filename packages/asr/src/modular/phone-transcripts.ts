import { Random } from '@parlance/runtime'
import type { Utterance } from '../manifest.js'
import { wordsOf } from '../training/recordings.js'
import { byWord, type Pronunciation, pronunciationsOf } from './lexicon.js'

/**
 * Utterances whose transcripts are the phones that were spoken, for an acoustic model: of words with several pronunciations the
 * one that the manifest names (`alignManifest` finds it), or one drawn for each occurrence.
 *
 * @throws UsageError for a word that the lexicon lacks
 */
export function phoneTranscripts(utterances: readonly Utterance[], lexicon: readonly Pronunciation[], seed: number): Utterance[] {
  const pronunciations = byWord(lexicon)
  return utterances.map((utterance, index) => {
    const random = new Random(seed, 'pronunciations', index)
    const phones = wordsOf(utterance.text).map((word, i) => {
      const some = pronunciationsOf(word, pronunciations)
      const drawn = some[random.integer(some.length)] as Pronunciation
      return utterance.words?.[i]?.phones ?? drawn.phones.join(' ')
    })
    const words = utterance.words?.map((timed, i) => ({ ...timed, word: phones[i] as string }))
    return { ...utterance, text: phones.join(' '), ...(words && { words }) }
  })
}
