/**
 * `povey` is Kaldi's: the Hann window to the power 0.85. `hann-periodic` repeats with its length, as scipy's and torch's
 * do for spectral analysis; the others end at zero or their lowest value.
 */
export type WindowName = 'povey' | 'hann' | 'hamming' | 'hann-periodic' | 'rectangular'

/** @returns shape (length) */
export function windowFunction(name: WindowName, length: number): Float64Array {
  if (name === 'rectangular') return new Float64Array(length).fill(1)
  const period = name === 'hann-periodic' ? length : Math.max(1, length - 1)
  return Float64Array.from({ length }, (_, i) => {
    const cosine = Math.cos(2 * Math.PI * i / period)
    if (name === 'hamming') return 0.54 - 0.46 * cosine
    return (0.5 - 0.5 * cosine) ** (name === 'povey' ? 0.85 : 1)
  })
}
