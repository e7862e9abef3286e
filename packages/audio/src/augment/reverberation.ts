import { convolve } from '../fft/convolve.js'
import type { RandomSource } from '../random.js'
import { whiteNoise } from './waveform.js'

/**
 * A cheap stand-in for a room: the direct sound, then noise that falls by 60 dB in the reverberation time.
 *
 * @param reverberationTime seconds
 * @param sampleRate Hz
 * @param wet energy of the noise relative to the direct sound, decibels. Default -3.
 * @returns shape (reverberationTime · sampleRate); the first value is 1
 */
export function decayImpulseResponse(reverberationTime: number, sampleRate: number, random: RandomSource, wet = -3): Float32Array {
  const length = Math.max(1, Math.round(reverberationTime * sampleRate))
  const decay = 3 * Math.LN10 / (reverberationTime * sampleRate)
  const tail = whiteNoise(length, random).map((value, i) => (i === 0 ? 0 : value * Math.exp(-decay * i)))
  const energy = tail.reduce((sum, value) => sum + value * value, 0)
  const scale = energy > 0 ? Math.sqrt(10 ** (wet / 10) / energy) : 0
  return tail.map((value, i) => (i === 0 ? 1 : value * scale))
}

/**
 * The signal heard in a room.
 *
 * @param samples shape (N)
 * @param response impulse response, shape (K); its first value is the direct sound
 * @returns shape (N), of the signal's mean power; the reverberation after its end is cut off
 */
export function reverberate(samples: Float32Array, response: Float32Array): Float32Array {
  const wet = convolve(samples, response).subarray(0, samples.length)
  const power = (signal: Float32Array) => signal.reduce((sum, value) => sum + value * value, 0)
  const after = power(wet)
  const scale = after > 0 ? Math.sqrt(power(samples) / after) : 1
  return wet.map((value) => value * scale)
}
