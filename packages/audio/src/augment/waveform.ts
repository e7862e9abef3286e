import { AudioError } from '../errors.js'
import { normalPair, type RandomSource } from '../random.js'
import { resample } from '../resample/resample.js'

/** Parts of 1 that a speed is rounded to. */
const SPEED_STEPS = 1000

/**
 * The recording played faster or slower, pitch and all (Ko et al. 2015).
 *
 * @param samples shape (N)
 * @param factor 1.1 is a tenth faster; rounded to thousandths
 * @returns shape (ceil(N / factor))
 * @throws AudioError for a factor outside 0.1 to 10
 */
export function changeSpeed(samples: Float32Array, factor: number): Float32Array {
  if (!(factor >= 0.1 && factor <= 10)) throw new AudioError(`a speed must be a factor from 0.1 to 10, got ${factor}`)
  return resample(samples, Math.round(factor * SPEED_STEPS), SPEED_STEPS)
}

/**
 * Louder or softer; nothing is clipped.
 *
 * @param decibels of amplitude
 */
export function applyGain(samples: Float32Array, decibels: number): Float32Array {
  const factor = 10 ** (decibels / 20)
  return samples.map((value) => value * factor)
}

/**
 * Adds noise at a ratio of mean powers. A noise shorter than the signal is repeated, from a place drawn at random on.
 *
 * @param samples shape (N)
 * @param noise shape (M)
 * @param snr decibels
 * @returns shape (N); the signal itself where it or the noise is silent
 * @throws AudioError when there is no noise
 */
export function addNoise(samples: Float32Array, noise: Float32Array, snr: number, random: RandomSource): Float32Array {
  if (noise.length === 0) throw new AudioError('the noise has no samples; give a recording of noise')
  const start = Math.floor(random.next() * noise.length)
  const laid = Float32Array.from(samples, (_, i) => noise[(start + i) % noise.length]!)
  const [signalPower, noisePower] = [meanPower(samples), meanPower(laid)]
  if (signalPower === 0 || noisePower === 0) return samples.slice()
  const scale = Math.sqrt(signalPower / noisePower / 10 ** (snr / 10))
  return laid.map((value, i) => samples[i]! + scale * value)
}

/** Gaussian white noise of deviation 1, shape (length). */
export function whiteNoise(length: number, random: RandomSource): Float32Array {
  const values = new Float64Array(length + 1)
  for (let i = 0; i < length; i += 2) normalPair(random.next(), random.next(), values, i)
  return Float32Array.from(values.subarray(0, length))
}

function meanPower(samples: Float32Array): number {
  let sum = 0
  for (const value of samples) sum += value * value
  return sum / samples.length
}
