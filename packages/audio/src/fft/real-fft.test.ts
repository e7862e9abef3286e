import { describe, expect, it } from 'vitest'
import { RealFft } from './real-fft.js'

function directPower(input: Float64Array): number[] {
  const size = input.length
  return Array.from({ length: size / 2 + 1 }, (_, k) => {
    let re = 0
    let im = 0
    for (let n = 0; n < size; n++) {
      // The product is reduced first: cos of a large argument loses digits.
      const angle = 2 * Math.PI * ((k * n) % size) / size
      re += input[n]! * Math.cos(angle)
      im -= input[n]! * Math.sin(angle)
    }
    return re * re + im * im
  })
}

describe('RealFft', () => {
  // Powers of two, Whisper's 400, odd halves and a prime factor.
  it.each([2, 4, 6, 8, 16, 30, 64, 128, 256, 400, 480, 512, 514, 1024])('equals the direct sum at size %i', (size) => {
    const input = Float64Array.from({ length: size }, (_, n) => Math.sin(n * n * 0.37) + 0.3 * Math.cos(n * 1.7))
    const fft = new RealFft(size)
    const power = new Float64Array(size / 2 + 1)
    const wanted = directPower(input)
    const largest = Math.max(...wanted)
    // Twice: a plan's buffers carry nothing over.
    for (let run = 0; run < 2; run++) {
      fft.powerSpectrum(input, power)
      for (const [k, value] of wanted.entries()) expect(Math.abs(power[k]! - value)).toBeLessThan(1e-12 * largest)
    }
  })

  it.each([0, -2, 3, 2.5, Number.NaN])('rejects a size of %d', (size) => {
    expect(() => new RealFft(size)).toThrow(/positive even integer, got/)
  })
})

describe('forward and inverse', () => {
  it.each([2, 4, 6, 30, 64, 200, 400, 512])('transform and come back at size %i', (size) => {
    const input = Float64Array.from({ length: size }, (_, n) => Math.sin(n * n * 0.37) + 0.3 * Math.cos(n * 1.7))
    const fft = new RealFft(size)
    const re = new Float64Array(size / 2 + 1)
    const im = new Float64Array(size / 2 + 1)
    fft.forward(input, re, im)
    for (let k = 0; k <= size / 2; k++) {
      const wanted = [0, 0]
      for (let n = 0; n < size; n++) {
        const angle = 2 * Math.PI * ((k * n) % size) / size
        wanted[0]! += input[n]! * Math.cos(angle)
        wanted[1]! -= input[n]! * Math.sin(angle)
      }
      expect(Math.abs(re[k]! - wanted[0]!)).toBeLessThan(1e-12 * size)
      expect(Math.abs(im[k]! - wanted[1]!)).toBeLessThan(1e-12 * size)
    }
    const back = new Float64Array(size)
    fft.inverse(re, im, back)
    for (const [n, value] of input.entries()) expect(Math.abs(back[n]! - value)).toBeLessThan(1e-14 * size)
  })
})
