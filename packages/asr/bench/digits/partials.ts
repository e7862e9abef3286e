import type { Transcriber } from '../../src/index.js'
import { DIGIT_RATE, type DigitString } from '@parlance/corpora'

/** Samples that a microphone gives at a time: 20 ms. */
const BLOCK = 160

/** Seconds of audio, of each string, from the beginning and the end of its first word until a partial result shows something. */
export function firstPartials(transcriber: Transcriber, strings: readonly DigitString[]): { begun: number; ended: number }[] {
  return strings.flatMap(({ samples, words }) => {
    const stream = transcriber.stream()
    const { start, end } = words[0]!
    for (let at = 0; at < samples.length; at += BLOCK) {
      const { text } = stream.push(samples.subarray(at, at + BLOCK))
      const now = Math.min(at + BLOCK, samples.length) / DIGIT_RATE
      if (text !== '') return [{ begun: now - start, ended: now - end }]
    }
    return []
  })
}
