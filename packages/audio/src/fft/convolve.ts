import { RealFft } from './real-fft.js'

/**
 * Linear convolution by overlap-add: output n is Σ kernel[k] · samples[n - k].
 *
 * @param samples shape (N)
 * @param kernel shape (K)
 * @returns shape (N + K - 1), or nothing where either is empty
 */
export function convolve(samples: Float32Array, kernel: Float32Array): Float32Array {
  if (samples.length === 0 || kernel.length === 0) return new Float32Array(0)
  const shorter = Math.min(samples.length, kernel.length)
  const size = Math.max(2, 2 ** Math.ceil(Math.log2(4 * shorter)))
  const [long, short] = samples.length >= kernel.length ? [samples, kernel] : [kernel, samples]
  const step = size - short.length + 1
  const fft = new RealFft(size)
  const block = new Float64Array(size)
  const spectrum = () => [new Float64Array(size / 2 + 1), new Float64Array(size / 2 + 1)] as const
  const [filterRe, filterIm] = spectrum()
  const [re, im] = spectrum()
  block.set(short)
  fft.forward(block, filterRe, filterIm)
  const sums = new Float64Array(long.length + short.length - 1)
  for (let at = 0; at < long.length; at += step) {
    block.fill(0)
    block.set(long.subarray(at, at + step))
    fft.forward(block, re, im)
    for (let k = 0; k < re.length; k++) {
      const product = re[k]! * filterRe[k]! - im[k]! * filterIm[k]!
      im[k] = re[k]! * filterIm[k]! + im[k]! * filterRe[k]!
      re[k] = product
    }
    fft.inverse(re, im, block)
    for (let i = 0; i < size && at + i < sums.length; i++) sums[at + i]! += block[i]!
  }
  return Float32Array.from(sums)
}
