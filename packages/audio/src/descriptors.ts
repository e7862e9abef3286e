import meydaModule from 'meyda'
import { AudioError } from './errors.js'
import type { Features } from './features/matrix.js'

interface MeydaLibrary {
  sampleRate: number
  bufferSize: number
  windowingFunction: string
  extract(names: string[], frame: Float32Array): Record<string, number>
}

// Its types describe an ES module with a default export, its CommonJS file exports the object itself.
const Meyda = meydaModule as unknown as MeydaLibrary

/** The descriptors that are one number a frame, by Meyda's names. */
export const descriptorNames = [
  'rms', 'energy', 'zcr', 'spectralCentroid', 'spectralFlatness', 'spectralSlope', 'spectralRolloff', 'spectralSpread',
  'spectralSkewness', 'spectralKurtosis', 'spectralCrest', 'perceptualSpread', 'perceptualSharpness',
] as const

export type DescriptorName = (typeof descriptorNames)[number]

export interface DescriptorOptions {
  /** Hz. Default 16000. */
  sampleRate?: number
  /** Samples of a frame, a power of two. Default 512. */
  frameLength?: number
  /** Samples from one frame's start to the next. Default half a frame. */
  hopLength?: number
}

/**
 * Spectral descriptors of each frame, computed by Meyda (Rawlinson, Segal and Fiala 2015) under a Hann window.
 * `spectralCentroid` and its like are in FFT bins, `spectralRolloff` in Hz, as Meyda has them; where a silent frame leaves
 * one undefined it is 0.
 *
 * @param samples shape (N); only frames that lie wholly inside it are described
 * @param names columns of the result
 * @returns shape (T, names)
 * @throws AudioError for a name that is none and for a frame that is no power of two
 */
export function spectralDescriptors(
  samples: Float32Array, names: readonly DescriptorName[] = descriptorNames, options: DescriptorOptions = {},
): Features {
  const { sampleRate = 16000, frameLength = 512, hopLength = frameLength >> 1 } = options
  const unknown = names.find((name) => !descriptorNames.includes(name))
  if (unknown !== undefined) throw new AudioError(`descriptors: there is no "${String(unknown)}"; known: ${descriptorNames.join(', ')}`)
  if (!Number.isInteger(Math.log2(frameLength)) || frameLength < 32) {
    throw new AudioError(`descriptors: frameLength must be a power of two of 32 or more samples, got ${frameLength}`)
  }
  if (!Number.isSafeInteger(hopLength) || hopLength < 1) throw new AudioError(`descriptors: hopLength must be a positive number of samples, got ${hopLength}`)
  const frames = samples.length < frameLength ? 0 : 1 + Math.floor((samples.length - frameLength) / hopLength)
  const data = new Float32Array(frames * names.length)
  return withMeyda(sampleRate, frameLength, () => {
    for (let t = 0; t < frames; t++) {
      // A copy: Meyda tells typed arrays by their own buffer.
      const described = Meyda.extract([...names], samples.slice(t * hopLength, t * hopLength + frameLength))
      for (const [i, name] of names.entries()) {
        const value = described[name]!
        data[t * names.length + i] = Number.isFinite(value) ? value : 0
      }
    }
    return { frames, bins: names.length, data }
  })
}

/** Meyda keeps its settings in one object for everybody: they are put back. */
function withMeyda<T>(sampleRate: number, bufferSize: number, run: () => T): T {
  const before = { sampleRate: Meyda.sampleRate, bufferSize: Meyda.bufferSize, windowingFunction: Meyda.windowingFunction }
  Object.assign(Meyda, { sampleRate, bufferSize, windowingFunction: 'hanning' })
  try {
    return run()
  } finally {
    Object.assign(Meyda, before)
  }
}
