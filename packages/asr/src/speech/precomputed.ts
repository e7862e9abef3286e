import { readFileSync } from 'node:fs'
import { AudioError, type Features } from '@parlance/audio'
import { z } from 'zod'

const size = z.int().min(1)

/** Features that come from files instead of being computed from sound. */
export const precomputedSchema = z.strictObject({
  kind: z.literal('precomputed'),
  /** Values of a frame in the files. */
  values: size,
  /** Milliseconds from one frame to the next. */
  frameShift: z.number().positive().default(10),
  /**
   * The values are cepstra of CMU Sphinx (its `legacy` transform): the model gets the log-mel spectrum that they describe, at so
   * many places of the mel scale. 0, the default, leaves the values as they are.
   */
  spectrumBins: z.int().min(0).default(0),
  /** Take each recording's mean away from each value. Default true. */
  meanNormalization: z.boolean().default(true),
})

export type PrecomputedFeatures = z.output<typeof precomputedSchema>

/**
 * Reads the features of one recording: float32 of CMU Sphinx (`.mfc`: a count, then the values, in either byte order).
 *
 * @returns (T, spectrumBins or values)
 * @throws AudioError, one line, for a file that is missing, damaged or of another width
 */
export function readPrecomputed(file: string, config: PrecomputedFeatures): Features {
  const { values: width, spectrumBins, meanNormalization } = config
  const values = readSphinx(file)
  if (values.length % width !== 0) throw new AudioError(`${file}: ${values.length} values are no whole number of frames of ${width}: set values in the features of the config.`)
  const frames = values.length / width
  if (!values.every(Number.isFinite)) throw new AudioError(`${file}: some of its values are not finite numbers.`)
  const data = spectrumBins > 0 ? spectra(values, width, spectrumBins) : values
  const bins = spectrumBins > 0 ? spectrumBins : width
  if (meanNormalization) subtractMeans(data, frames, bins)
  return { frames, bins, data }
}

/** The same recording `speed` times as fast: (⌊T / speed⌋, F), frames between its frames by linear interpolation. */
export function stretched({ frames, bins, data }: Features, speed: number): Features {
  if (speed === 1) return { frames, bins, data }
  const count = Math.floor(frames / speed)
  const result = new Float32Array(count * bins)
  for (let t = 0; t < count; t++) {
    const place = Math.min(frames - 1, t * speed)
    const before = Math.floor(place)
    const after = Math.min(frames - 1, before + 1)
    const share = place - before
    for (let b = 0; b < bins; b++) {
      result[t * bins + b] = (1 - share) * (data[before * bins + b] as number) + share * (data[after * bins + b] as number)
    }
  }
  return { frames: count, bins, data: result }
}

function readSphinx(file: string): Float32Array {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new AudioError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  const count = (bytes.length - 4) / 4
  const littleEndian = bytes.length >= 4 && bytes.readInt32LE(0) === count
  if (!littleEndian && (bytes.length < 4 || bytes.readInt32BE(0) !== count)) {
    throw new AudioError(`${file}: is no feature file of CMU Sphinx: its first number should be how many follow, in ${bytes.length} bytes; it is damaged or of another kind.`)
  }
  return Float32Array.from({ length: count }, (_, i) => (littleEndian ? bytes.readFloatLE(4 + 4 * i) : bytes.readFloatBE(4 + 4 * i)))
}

/** Sphinx's legacy transform is c_i = (1/n) Σ m_j cos(π i (j + ½) / n): its inverse, cut off after `width` coefficients. */
function spectra(cepstra: Float32Array, width: number, bins: number): Float32Array {
  const frames = cepstra.length / width
  const basis = Float32Array.from({ length: bins * width }, (_, k) => {
    const [bin, i] = [Math.floor(k / width), k % width]
    return i === 0 ? 1 : 2 * Math.cos((Math.PI * i * (bin + 0.5)) / bins)
  })
  const result = new Float32Array(frames * bins)
  for (let t = 0; t < frames; t++) {
    for (let b = 0; b < bins; b++) {
      let sum = 0
      for (let i = 0; i < width; i++) sum += (basis[b * width + i] as number) * (cepstra[t * width + i] as number)
      result[t * bins + b] = sum
    }
  }
  return result
}

function subtractMeans(data: Float32Array, frames: number, bins: number): void {
  for (let b = 0; b < bins; b++) {
    let sum = 0
    for (let t = 0; t < frames; t++) sum += data[t * bins + b] as number
    const mean = sum / Math.max(1, frames)
    for (let t = 0; t < frames; t++) data[t * bins + b] = (data[t * bins + b] as number) - mean
  }
}
