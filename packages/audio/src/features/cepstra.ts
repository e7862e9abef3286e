import type { FeatureConfig } from './config.js'

/** A linear map from a row of log-mel values, followed by the frame's log energy if there is one, to cepstral coefficients. */
export interface CepstralTransform {
  /** Shape (width, inputs), row-major. */
  matrix: Float64Array
  width: number
  inputs: number
}

/**
 * The discrete cosine transform of a convention: c_i = s_i Σ_j m_j cos(π i (j + 1/2) / bins), liftered.
 *
 * s is √(2 / bins), and for i = 0 √(1 / bins) where the transform is orthonormal (Kaldi, librosa; not HTK).
 */
export function cepstralTransform(config: Extract<FeatureConfig, { kind: 'mfcc' }>): CepstralTransform {
  const { bins, cepstra, lifter } = config
  const energy = config.convention === 'kaldi' ? config.useEnergy : config.convention === 'htk' && config.last === 'energy'
  const inputs = bins + (energy ? 1 : 0)
  const orthonormal = config.convention !== 'htk'
  // librosa counts its lifter from one coefficient earlier.
  const shift = config.convention === 'librosa' ? 1 : 0
  const cosine = (i: number) => Array.from({ length: inputs }, (_, j) => {
    if (j === bins) return 0
    const scale = Math.sqrt((i === 0 && orthonormal ? 1 : 2) / bins)
    const liftered = lifter > 0 ? 1 + lifter / 2 * Math.sin(Math.PI * (i + shift) / lifter) : 1
    return scale * liftered * Math.cos(Math.PI * i * (j + 0.5) / bins)
  })
  const energyRow = Array.from({ length: inputs }, (_, j) => (j === bins ? 1 : 0))
  const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => cosine(first + i))
  const rows = config.convention === 'htk'
    ? [...from(1, cepstra), ...(config.last === 'zeroth' ? [cosine(0)] : config.last === 'energy' ? [energyRow] : [])]
    : energy ? [energyRow, ...from(1, cepstra - 1)] : from(0, cepstra)
  return { matrix: Float64Array.from(rows.flat()), width: rows.length, inputs }
}

/**
 * @param rows shape (T, inputs)
 * @returns shape (T, width)
 */
export function applyCepstra({ matrix, width, inputs }: CepstralTransform, rows: Float32Array): Float32Array {
  const frames = rows.length / inputs
  const result = new Float32Array(frames * width)
  for (let t = 0; t < frames; t++) {
    for (let i = 0; i < width; i++) {
      let sum = 0
      for (let j = 0, m = i * inputs, r = t * inputs; j < inputs; j++) sum += matrix[m++]! * rows[r++]!
      result[t * width + i] = sum
    }
  }
  return result
}
