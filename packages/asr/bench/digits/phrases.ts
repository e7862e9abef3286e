import { type DigitClip, type DigitString, generateDigitStrings } from '@parlance/corpora'
import { addNoise, seededRandom, whiteNoise } from '@parlance/audio'
import { DIGIT_WORDS } from '@parlance/corpora'

/** What the phrase list holds: codes that are spoken among other digits. */
export const PHRASES = ['nine five one seven', 'four zero two six', 'eight three nine one', 'five five two eight', 'one six four nine'] as const
/** Decibels from noise to speech: digits are missed, so that there is something to gain. */
const SNR = 0

/** Strings with one of the phrases, up to two digits before and after it, in white noise. */
export function noisyPhrases(clips: readonly DigitClip[], count: number): DigitString[] {
  const source = seededRandom(7)
  const made = generateDigitStrings(clips, {
    seed: 7,
    strings: count,
    sequence: (random) => {
      const some = (): string[] => Array.from({ length: random.integer(3) }, () => random.pick(DIGIT_WORDS))
      return [...some(), ...random.pick(PHRASES).split(' '), ...some()]
    },
  })
  return made.map((one) => ({ ...one, samples: addNoise(one.samples, whiteNoise(one.samples.length, source), SNR, source) }))
}

/** Of the phrases that were spoken, the share in percent that the transcripts hold. */
export function phraseRecall(strings: readonly DigitString[], transcripts: readonly { text: string }[]): number {
  let [spoken, found] = [0, 0]
  const times = (text: string, phrase: string): number => ` ${text} `.split(` ${phrase} `).length - 1
  for (const [i, { text }] of strings.entries()) {
    for (const phrase of PHRASES) {
      const there = times(text, phrase)
      spoken += there
      found += Math.min(there, times(transcripts[i]!.text, phrase))
    }
  }
  return (100 * found) / spoken
}
