import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.js'
import { resample, Resampler } from './resample.js'

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

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

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

  // The filter's impulse response at the rate up · from, put together from what single input samples become, then its
  // frequency response by the sum itself.
  it.each([[8000, 16000], [16000, 8000], [44100, 16000], [48000, 44100]])('%i to %i Hz: 100 dB down from half the lower rate, flat to 0.001 dB up to 90%% of it', (from, to) => {
    const divisor = [100, 4000, 8000, 300].find((value) => from % value === 0 && to % value === 0 && gcd(from / value, to / value) === 1)!
    const up = to / divisor
    const down = from / divisor
    const reach = Math.ceil(64 * Math.max(1, down / up)) + 2
    const taps: [place: number, value: number][] = []
    for (let m = 0; m < down; m++) {
      const impulse = new Float32Array(2 * reach + down)
      impulse[reach + m] = 1
      // Output n lies n · down / up input samples from the start: in steps of 1 / up, n · down - (reach + m) · up.
      for (const [n, value] of resample(impulse, from, to).entries()) if (value !== 0) taps.push([n * down - (reach + m) * up, value])
    }
    const response = (hertz: number) => {
      let re = 0
      for (const [place, value] of taps) re += value * Math.cos(2 * Math.PI * hertz * place / (up * from))
      return 20 * Math.log10(Math.abs(re / up))
    }
    const half = Math.min(from, to) / 2
    for (let share = 0; share <= 0.9; share += 0.01) expect(Math.abs(response(share * half))).toBeLessThan(0.001)
    for (let share = 1; share <= 3; share += 0.0093) expect(response(share * half)).toBeLessThan(-99.5)
  })

  it('pieces of any size give the samples of the whole, bit for bit, again after the end', () => {
    const random = seededRandom(2)
    const samples = Float32Array.from({ length: 5000 }, () => random.next() - 0.5)
    for (const [from, to] of [...RATES, [16000, 16000], [1000, 1003]] as const) {
      const whole = resample(samples, from, to)
      const resampler = new Resampler(from, to)
      for (let run = 0; run < 2; run++) {
        const pieces: Float32Array[] = []
        for (let at = 0; at < samples.length;) {
          const size = Math.floor(random.next() * 600)
          pieces.push(resampler.push(samples.subarray(at, at + size)))
          at += size
        }
        pieces.push(resampler.finish())
        expect(Float32Array.from(pieces.flatMap((piece) => [...piece]))).toEqual(whole)
      }
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

  it.each([[4_294_967_295, 16000], [8, 16000]])('rejects %d to %d Hz as too far apart', (from, to) => {
    expect(() => resample(new Float32Array(1), from, to)).toThrow(/more than a factor of 1000 apart; is the file's sample rate right/)
  })
})
