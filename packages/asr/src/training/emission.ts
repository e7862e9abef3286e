import type { Tokenizer } from '@parlance/tokenizer'
import type { Utterance } from '../manifest.js'
import { encodedLength, type Subsampling } from '../model/subsampling.js'

/** Tokens and the encoder frames, both included, in which each may be emitted. */
export interface TimedLabels {
  labels: Int32Array
  earliest: Int32Array
  latest: Int32Array
}

/** Nats that a token costs for each encoder frame that it comes too early or late: none would be found after a miss were it forbidden. */
export const EMISSION_SLOPE = 1

/** A frame after every recording's end. */
const NEVER = 2 ** 30

/** Tokens that may come whenever they do. */
export function untimed(labels: Int32Array): TimedLabels {
  return { labels, earliest: new Int32Array(labels.length), latest: new Int32Array(labels.length).fill(NEVER) }
}

/**
 * The tokens of a transcript whose words' times are known. A space, where the tokenizer has one, comes before every word, the first
 * too, and says when it begins. With it, the first token of a word comes between its start and `delay` later, the last one
 * between its end and `delay` later.
 *
 * @param delay seconds
 * @param secondsPerFrame of an encoder frame
 */
export function timedLabels(
  tokenizer: Tokenizer,
  words: NonNullable<Utterance['words']>,
  { delay, secondsPerFrame }: { delay: number; secondsPerFrame: number },
): TimedLabels {
  const frame = (seconds: number): number => Math.max(0, Math.floor(seconds / secondsPerFrame))
  const tokens = words.flatMap(({ word, start, end }) => {
    const ids = [...tokenizer.encode(` ${word}`)]
    return ids.map((id, i) => ({
      id,
      earliest: frame(i > 0 && i === ids.length - 1 ? end - secondsPerFrame : start),
      latest: frame((i === 0 && ids.length > 1 ? start : end) + delay),
    }))
  })
  return {
    labels: Int32Array.from(tokens, ({ id }) => id),
    earliest: Int32Array.from(tokens, ({ earliest }) => earliest),
    latest: Int32Array.from(tokens, ({ latest }) => latest),
  }
}

/** The same, heard `speed` times as fast, in a recording of `frames` feature frames: what is due at its end comes with the last. */
export function atSpeed({ labels, earliest, latest }: TimedLabels, speed: number, frames: number, subsampling: Subsampling): TimedLabels {
  const last = Math.max(0, encodedLength(frames, subsampling) - 1)
  const place = (at: number): number => (at === NEVER ? NEVER : Math.floor(at / speed))
  return { labels, earliest: earliest.map((at) => Math.min(place(at), last)), latest: latest.map(place) }
}
