import { RealFft } from '@parlance/audio'
import { describe, expect, it } from 'vitest'
import { changeTempo } from './tempo.js'

const RATE = 8000
const SIZE = 4096

/** Hertz of the strongest bin in the middle of the sound. */
function pitch(samples: Float32Array): number {
  const from = (samples.length - SIZE) >> 1
  const windowed = Float64Array.from({ length: SIZE }, (_, n) => samples[from + n]! * Math.sin((Math.PI * n) / SIZE) ** 2)
  const power = new Float64Array(SIZE / 2 + 1)
  new RealFft(SIZE).powerSpectrum(windowed, power)
  return (power.indexOf(Math.max(...power)) * RATE) / SIZE
}

describe('changeTempo', () => {
  // A tone whose loudness goes up and down five times.
  const tone = Float32Array.from({ length: RATE }, (_, n) => Math.sin((2 * Math.PI * 437.5 * n) / RATE) * Math.sin((5 * Math.PI * n) / RATE) ** 2)

  it.each([0.8, 0.95, 1, 1.1, 1.25])('changes the length by the factor %d and keeps the pitch', (factor) => {
    const changed = changeTempo(tone, factor)
    expect(Math.abs(changed.length - RATE / factor)).toBeLessThanOrEqual(1)
    expect(Math.abs(pitch(changed) - 437.5)).toBeLessThanOrEqual((2 * RATE) / SIZE)
  })

  it('keeps events where their time is', () => {
    const factor = 0.8
    const changed = changeTempo(tone, factor)
    const loudness = (samples: Float32Array, at: number): number =>
      Math.sqrt(samples.subarray(at - 80, at + 80).reduce((sum, value) => sum + value * value, 0) / 160)
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) expect(loudness(changed, Math.round(share * changed.length))).toBeGreaterThan(0.5)
    for (const share of [0.2, 0.4, 0.6, 0.8]) expect(loudness(changed, Math.round(share * changed.length))).toBeLessThan(0.2)
  })

  it('leaves what is too short alone', () => {
    const short = tone.subarray(0, 500)
    expect(changeTempo(short, 1.2)).toBe(short)
  })
})
