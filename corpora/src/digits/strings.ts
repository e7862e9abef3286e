import { applyGain } from '@parlance/audio'
import type { PlantedWord } from '../manifest.js'
import { Random } from '../random.js'
import { background, type Background } from './background.js'
import type { DigitClip } from './clips.js'

/** Hz of the clips and of what is made of them. */
export const DIGIT_RATE = 8000
/** Seconds over which a clip fades into what surrounds it. */
const FADE = 0.005

export interface DigitStringOptions {
  seed: number
  strings: number
  /** Digits of a string, fewest and most. Default 3 and 10. */
  digits?: readonly [fewest: number, most: number]
  /** The words of a string, in place of words drawn at random; each must have a clip of every speaker. */
  sequence?: (random: Random) => readonly string[]
  /** Seconds of the pauses between digits, shortest and longest. Default 0 and 0.6. */
  pause?: readonly [shortest: number, longest: number]
  /** Seconds before the first digit and after the last. Default 0.1 to 0.5. */
  margin?: readonly [shortest: number, longest: number]
  /** What pauses are filled with: sound like the quietest of the clips, or digital silence. Default `floor`. */
  background?: Background
}

/** Digits of one speaker, one after the other. */
export interface DigitString {
  speaker: string
  /** At `DIGIT_RATE`. */
  samples: Float32Array
  text: string
  /** Each clip from its first sample to its last. */
  words: PlantedWord[]
}

/**
 * Strings of digits from clips: a speaker drawn for each string, every clip of a string and every pause drawn anew.
 *
 * @param change what is done to a clip first, such as another pace. Default nothing
 */
export function generateDigitStrings(
  clips: readonly DigitClip[],
  options: DigitStringOptions,
  change: (clip: Float32Array, random: Random) => Float32Array = (clip) => clip,
): DigitString[] {
  const { seed, strings, digits = [3, 10], pause = [0, 0.6], margin = [0.1, 0.5], background: kind = 'floor', sequence } = options
  const random = new Random(seed)
  const speakers = [...new Set(clips.map(({ speaker }) => speaker))].sort()
  if (speakers.length === 0) throw new Error('there are no clips to make strings of')
  return Array.from({ length: strings }, () => {
    const speaker = random.pick(speakers)
    const own = clips.filter((clip) => clip.speaker === speaker)
    const chosen = sequence
      ? sequence(random).map((word) => random.pick(own.filter((clip) => clip.word === word)))
      : Array.from({ length: digits[0] + random.integer(digits[1] - digits[0] + 1) }, () => random.pick(own))
    const sounds = chosen.map(({ samples }) => change(samples, random))
    const pauses = sounds.map((_, i) => (i === 0 ? random.uniform(...margin) : random.uniform(...pause)))
    const { samples, starts } = joined(sounds, [...pauses, random.uniform(...margin)], kind, random)
    const words = chosen.map(({ word }, i): PlantedWord => {
      const start = starts[i]!
      return { word, start: start / DIGIT_RATE, end: (start + sounds[i]!.length) / DIGIT_RATE }
    })
    return { speaker, samples, text: words.map(({ word }) => word).join(' '), words }
  })
}

/** The clips apart by pauses, of which the first comes before all and the last after. */
function joined(clips: readonly Float32Array[], pauses: readonly number[], kind: Background, random: Random) {
  const gaps = pauses.map((seconds) => Math.round(seconds * DIGIT_RATE))
  const length = [...gaps, ...clips.map((clip) => clip.length)].reduce((sum, part) => sum + part, 0)
  const samples = background(kind, clips, length, random)
  const starts: number[] = []
  let at = 0
  for (const [i, clip] of clips.entries()) {
    at += gaps[i]!
    starts.push(at)
    const fade = Math.max(1, Math.min(Math.round(FADE * DIGIT_RATE), clip.length >> 1))
    for (let n = 0; n < clip.length; n++) {
      const share = Math.min(1, (n + 1) / fade, (clip.length - n) / fade)
      samples[at + n] = share * clip[n]! + (1 - share) * samples[at + n]!
    }
    at += clip.length
  }
  return { samples, starts }
}

/** The same string louder or softer, so that its loudest sample has this amplitude; silence stays silence. */
export function scaledTo(peak: number, samples: Float32Array): Float32Array {
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return loudest === 0 ? samples : applyGain(samples, 20 * Math.log10(peak / loudest))
}
