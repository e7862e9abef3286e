/** `povey` is Kaldi's: the Hann window to the power 0.85. The first three end at zero or their lowest value; `hann-periodic` repeats. */
export type WindowName = 'povey' | 'hann' | 'hamming' | 'hann-periodic'

/** @returns shape (length) */
export function windowFunction(name: WindowName, length: number): Float64Array {
  const period = name === 'hann-periodic' ? length : Math.max(1, length - 1)
  return Float64Array.from({ length }, (_, i) => {
    const cosine = Math.cos(2 * Math.PI * i / period)
    if (name === 'hamming') return 0.54 - 0.46 * cosine
    return (0.5 - 0.5 * cosine) ** (name === 'povey' ? 0.85 : 1)
  })
}
