import { describe, expect, it } from 'vitest'
import { resample } from './resample.js'

const tone = (hertz: number, rate: number, seconds = 0.5) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => 0.5 * Math.sin(2 * Math.PI * hertz * n / rate + 0.3))

/** 10 log10 of the energy ratio away from the ends, where the signal is taken to be zero. */
function decibels(signal: Float32Array, reference: Float32Array): number {
  let difference = 0
  let energy = 0
  const edge = Math.round(reference.length * 0.1)
  for (let i = edge; i < reference.length - edge; i++) {
    difference += (signal[i]! - reference[i]!) ** 2
    energy += reference[i]! ** 2
  }
  return 10 * Math.log10(energy / difference)
}

const RATES: [from: number, to: number][] = [[8000, 16000], [16000, 8000], [44100, 16000], [22050, 16000], [48000, 44100], [16000, 11025], [8000, 44100]]

describe('resample', () => {
  it.each(RATES)('%i to %i Hz keeps tones to 0.9 of half the lower rate, above 80 dB', (from, to) => {
    const top = Math.min(from, to) / 2
    for (const share of [0.01, 0.2, 0.5, 0.8, 0.9]) {
      const hertz = share * top
      expect(decibels(resample(tone(hertz, from), from, to), tone(hertz, to))).toBeGreaterThan(80)
    }
  })

  it.each(RATES.filter(([from, to]) => from > to))('%i to %i Hz removes what would alias', (from, to) => {
    for (const hertz of [to / 2 * 1.001, (to / 2 + from / 2) / 2, from / 2 * 0.99]) {
      const output = resample(tone(hertz, from), from, to)
      const middle = output.subarray(output.length * 0.1, output.length * 0.9)
      const energy = middle.reduce((sum, value) => sum + value * value, 0) / middle.length
      expect(10 * Math.log10(energy / 0.125)).toBeLessThan(-80)
    }
  })

  it('passes a constant unchanged', () => {
    const output = resample(new Float32Array(4000).fill(0.25), 44100, 16000)
    for (const value of output.subarray(100, -100)) expect(Math.abs(value - 0.25)).toBeLessThan(1e-7)
  })

  it('gives ceil(N to / from) samples', () => {
    for (const [from, to] of RATES) {
      for (const length of [0, 1, 2, 159, 160, 161, 1000]) {
        expect(resample(new Float32Array(length), from, to).length).toBe(Math.ceil(length * to / from))
      }
    }
  })

  it('copies at equal rates', () => {
    const samples = Float32Array.from([1, 2, 3])
    const output = resample(samples, 8000, 8000)
    expect(output).toEqual(samples)
    expect(output).not.toBe(samples)
  })

  it.each([[0, 8000], [8000, -1], [8000, 44100.5], [Number.NaN, 8000]])('rejects %d to %d Hz', (from, to) => {
    expect(() => resample(new Float32Array(1), from, to)).toThrow(/positive integer in Hz, got/)
  })
})
