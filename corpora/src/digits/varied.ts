import { addNoise, changeSpeed, convolve, decayImpulseResponse, type RandomSource, reverberate, whiteNoise } from '@parlance/audio'
import { Random } from '../random.js'
import type { DigitClip } from './clips.js'
import { type DigitString, DIGIT_RATE, generateDigitStrings, scaledTo } from './strings.js'
import { changeTempo } from './tempo.js'

/** Samples of a microphone's impulse response, and the frequencies at which its gain is drawn. */
const RESPONSE = 64
const KNOTS = 7

/**
 * Strings of 1 to 5 digits for training, as other voices, rooms and microphones might have made them. Each string has one voice
 * (speed with pitch and resonances), one microphone (gain over frequency), perhaps a room and noise, and a loudness; each clip
 * its pace. Some have digital silence for pauses, some begin or end with a digit, one in 40 has no digit at all.
 */
export function generateVariedStrings(clips: readonly DigitClip[], { seed, strings }: { seed: number; strings: number }): DigitString[] {
  return Array.from({ length: strings }, (_, i) => {
    const random = new Random(seed * 1_000_003 + i)
    return varied(random.chance(1 / 40) ? silence(random) : string(clips, random), random)
  })
}

function string(clips: readonly DigitClip[], random: Random): DigitString {
  // Of few digits: filters for those are short.
  const voice = Math.round(25 * Math.exp(random.uniform(Math.log(0.78), Math.log(1.32)))) / 25
  const edge = random.chance(0.25) ? 0 : random.uniform(0, 1)
  const [made] = generateDigitStrings(
    clips,
    {
      seed: random.bits(),
      strings: 1,
      digits: [1, 5],
      pause: [0, random.pick([0, 0.3, 0.6, 0.6, 1.2])],
      margin: [0, edge],
      background: random.chance(0.25) ? 'silence' : 'floor',
    },
    (clip) => changeTempo(changeSpeed(clip, voice), random.uniform(0.85, 1.2) / Math.sqrt(voice)),
  )
  return made!
}

/** Nobody speaks. */
function silence(random: Random): DigitString {
  return { speaker: '', samples: new Float32Array(Math.round(random.uniform(1, 5) * DIGIT_RATE)), text: '', words: [] }
}

function varied(made: DigitString, random: Random): DigitString {
  const source: RandomSource = { next: () => random.uniform() }
  let { samples } = made
  if (random.chance(0.35)) {
    const response = decayImpulseResponse(random.uniform(0.05, 0.5), DIGIT_RATE, source, random.uniform(-12, 0))
    samples = reverberate(samples, response)
  }
  if (random.chance(0.85)) samples = microphone(samples, random, random.uniform(2, 7))
  if (made.words.length === 0) samples = random.chance(0.3) ? samples : samples.map(() => random.uniform(-1, 1))
  const noisy = random.chance(0.6)
  if (noisy) {
    const noise = microphone(whiteNoise(samples.length, source), random, 10)
    samples = addNoise(samples, noise, random.uniform(3, 40), source)
  }
  return { ...made, samples: scaledTo(10 ** (random.uniform(-40, -1) / 20), samples) }
}

/** Heard through a linear-phase filter with gains drawn at some frequencies, of this deviation in decibels. */
function microphone(samples: Float32Array, random: Random, deviation: number): Float32Array {
  const gains = Array.from({ length: KNOTS }, () => 10 ** ((deviation * normal(random)) / 20))
  const bins = RESPONSE / 2
  const at = (bin: number): number => {
    const place = (bin / bins) * (KNOTS - 1)
    const low = Math.min(KNOTS - 2, Math.floor(place))
    return gains[low]! + (place - low) * (gains[low + 1]! - gains[low]!)
  }
  const response = Float32Array.from({ length: RESPONSE + 1 }, (_, n) => {
    let sum = at(0)
    for (let bin = 1; bin < bins; bin++) sum += 2 * at(bin) * Math.cos((Math.PI * bin * (n - bins)) / bins)
    const window = 0.5 + 0.5 * Math.cos((Math.PI * (n - bins)) / bins)
    return (window * (sum + at(bins) * Math.cos(Math.PI * (n - bins)))) / RESPONSE
  })
  return convolve(samples, response).slice(bins, bins + samples.length)
}

/** About normal, of deviation 1: the sum of twelve uniform numbers. */
function normal(random: Random): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += random.uniform()
  return sum
}
