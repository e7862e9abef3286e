import { describe, expect, it } from 'vitest'
import type { Features } from '../features/matrix.js'
import { convolve } from '../fft/convolve.js'
import { seededRandom } from '../random.js'
import { decayImpulseResponse, reverberate } from './reverberation.js'
import { roomImpulseResponse } from './room.js'
import { specAugment } from './spec-augment.js'
import { addNoise, applyGain, changeSpeed, whiteNoise } from './waveform.js'

const power = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0) / samples.length
const tone = (hertz: number, count: number, rate = 8000) => Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin(2 * Math.PI * hertz * n / rate))

describe('seededRandom', () => {
  it('repeats, differs between seeds and is uniform: chi-square of 16 cells', () => {
    const draw = (seed: number) => { const random = seededRandom(seed); return Array.from({ length: 16_000 }, () => random.next()) }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 32))
    for (const seed of [0, 1, 2 ** 40]) {
      const counts = new Array<number>(16).fill(0)
      for (const value of draw(seed)) counts[Math.floor(value * 16)]! += 1
      // The 0.1% point with 15 degrees of freedom.
      expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(37.7)
    }
  })

  it('rejects a seed that is no whole number', () => {
    expect(() => seededRandom(-1)).toThrow(/whole number of 0 or more, got -1/)
  })
})

describe('specAugment', () => {
  const features: Features = { frames: 60, bins: 10, data: Float32Array.from({ length: 600 }, (_, i) => i + 1) }
  const none = { timeMasks: 0, frequencyMasks: 0 }

  it('repeats for a seed, changes nothing when told to, and never its input', () => {
    const before = features.data.slice()
    const once = specAugment(features, seededRandom(1), { timeWarp: 5 })
    expect(specAugment(features, seededRandom(1), { timeWarp: 5 })).toEqual(once)
    expect(specAugment(features, seededRandom(2), { timeWarp: 5 })).not.toEqual(once)
    expect(specAugment(features, seededRandom(1), none).data).toEqual(features.data)
    expect(features.data).toEqual(before)
  })

  it('hides whole frames and whole bins, up to the limits and no further', () => {
    const fill = new Array<number>(10).fill(-7)
    let [mostFrames, mostBins] = [0, 0]
    for (let seed = 0; seed < 300; seed++) {
      const time = specAugment(features, seededRandom(seed), { ...none, timeMasks: 1, timeMaskFrames: 100, fill }).data
      const rows = Array.from({ length: 60 }, (_, t) => time.subarray(t * 10, t * 10 + 10).every((value) => value === -7))
      expect(rows.filter(Boolean).length * 10).toBe(time.filter((value) => value === -7).length)
      mostFrames = Math.max(mostFrames, rows.filter(Boolean).length)
      const band = specAugment(features, seededRandom(seed), { ...none, frequencyMasks: 1, frequencyMaskBins: 4, fill }).data
      const columns = Array.from({ length: 10 }, (_, b) => band.every((value, i) => i % 10 !== b || value === -7))
      expect(columns.filter(Boolean).length * 60).toBe(band.filter((value) => value === -7).length)
      mostBins = Math.max(mostBins, columns.filter(Boolean).length)
    }
    expect([mostFrames, mostBins]).toEqual([12, 4])
  })

  it("fills with the recording's means", () => {
    const { data } = specAugment(features, seededRandom(3), { ...none, frequencyMasks: 1, frequencyMaskBins: 10 })
    const changed = [...data.entries()].filter(([i, value]) => value !== features.data[i])
    expect(changed.length).toBeGreaterThan(0)
    // Bin b holds 10 t + b + 1 for t = 0 … 59.
    for (const [i, value] of changed) expect(value).toBeCloseTo(295 + (i % 10) + 1, 4)
  })

  it('warps time: ends stay, order is kept, no frame is further than W from where it was', () => {
    const ramp: Features = { frames: 101, bins: 1, data: Float32Array.from({ length: 101 }, (_, t) => t) }
    let farthest = 0
    for (let seed = 0; seed < 50; seed++) {
      const { data } = specAugment(ramp, seededRandom(seed), { ...none, timeWarp: 8 })
      expect([data[0], data[100]]).toEqual([0, 100])
      for (let t = 1; t < 101; t++) expect(data[t]! >= data[t - 1]!).toBe(true)
      farthest = Math.max(farthest, ...data.map((value, t) => Math.abs(value - t)))
    }
    expect(farthest).toBeGreaterThan(6)
    expect(farthest).toBeLessThanOrEqual(8)
  })

  it('takes no frames, and refuses a fill of another width', () => {
    expect(specAugment({ frames: 0, bins: 3, data: new Float32Array(0) }, seededRandom(1)).frames).toBe(0)
    expect(() => specAugment(features, seededRandom(1), { fill: [1] })).toThrow(/fill has 1 values for features of 10 bins/)
  })
})

describe('waveforms', () => {
  it('plays faster: a tone rises and the recording shortens', () => {
    const fast = changeSpeed(tone(400, 8000), 1.25)
    expect(fast.length).toBe(6400)
    const wanted = tone(500, 6400)
    for (let n = 200; n < 6200; n++) expect(Math.abs(fast[n]! - wanted[n]!)).toBeLessThan(1e-4)
    expect(() => changeSpeed(fast, 0)).toThrow(/factor from 0\.1 to 10, got 0/)
  })

  it('gains in decibels', () => {
    expect(power(applyGain(tone(400, 800), 6)) / power(tone(400, 800))).toBeCloseTo(10 ** 0.6, 5)
  })

  it('adds noise at the ratio asked for, repeating what is too short', () => {
    const samples = tone(300, 8000)
    for (const [snr, length] of [[0, 500], [10, 20_000], [-5, 8000]] as const) {
      const noise = whiteNoise(length, seededRandom(1))
      const noisy = addNoise(samples, noise, snr, seededRandom(2))
      expect(10 * Math.log10(power(samples) / power(noisy.map((value, i) => value - samples[i]!)))).toBeCloseTo(snr, 3)
      expect(addNoise(samples, noise, snr, seededRandom(2))).toEqual(noisy)
    }
    expect(addNoise(new Float32Array(5), whiteNoise(5, seededRandom(1)), 0, seededRandom(1))).toEqual(new Float32Array(5))
    expect(() => addNoise(samples, new Float32Array(0), 0, seededRandom(1))).toThrow(/the noise has no samples/)
  })

  it('draws white noise of mean 0 and deviation 1', () => {
    const noise = whiteNoise(100_001, seededRandom(5))
    expect(noise.length).toBe(100_001)
    expect(Math.abs(noise.reduce((a, b) => a + b, 0) / noise.length)).toBeLessThan(0.01)
    expect(Math.abs(power(noise) - 1)).toBeLessThan(0.02)
  })
})

describe('convolve', () => {
  it.each([[1, 1], [5, 3], [3, 5], [1000, 7], [257, 300]])('%i by %i equals the sum written out', (n, k) => {
    const a = whiteNoise(n, seededRandom(n))
    const b = whiteNoise(k, seededRandom(k + 1))
    const got = convolve(a, b)
    expect(got.length).toBe(n + k - 1)
    for (let i = 0; i < got.length; i++) {
      let sum = 0
      for (let j = Math.max(0, i - n + 1); j <= Math.min(i, k - 1); j++) sum += b[j]! * a[i - j]!
      expect(Math.abs(got[i]! - sum)).toBeLessThan(1e-5)
    }
  })
})

/** Seconds in which the energy yet to come falls by 60 dB, from the slope between -5 and -25 dB (Schroeder 1965). */
function measuredTime(response: Float32Array, rate: number): number {
  const left = new Float64Array(response.length + 1)
  for (let i = response.length - 1; i >= 0; i--) left[i] = left[i + 1]! + response[i]! ** 2
  const at = (decibels: number) => left.findIndex((value) => 10 * Math.log10(value / left[0]!) < decibels)
  return 3 * (at(-25) - at(-5)) / rate
}

describe('reverberation', () => {
  const room = { size: [6, 5, 3], source: [1.5, 2, 1.6], microphone: [4, 3.2, 1.1], reverberationTime: 0.4 } as const

  it('puts the direct sound first and the first reflections where geometry has them', () => {
    const rate = 48_000
    const response = roomImpulseResponse(room, rate)
    expect(response.length).toBe(0.4 * rate)
    expect(response[0]).toBeCloseTo(1, 2)
    // The floor mirrors the source to z = -1.6; nothing else arrives between it and the direct sound.
    const direct = Math.hypot(2.5, 1.2, 0.5)
    const floor = Math.hypot(2.5, 1.2, 2.7)
    const place = (floor - direct) / 343 * rate
    const near = [...response.subarray(30, Math.round(place) + 10).entries()].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0]!
    expect(Math.abs(near[0] + 30 - place)).toBeLessThan(1)
    // One wall's reflection, between none and all.
    expect(near[1] > 0.5 * direct / floor && near[1] < direct / floor).toBe(true)
  })

  it('decays in the time asked for, within 15%', () => {
    // Pulses that overlap add amplitudes, where the room's walls are found from energies.
    for (const time of [0.3, 0.6]) {
      const measured = measuredTime(roomImpulseResponse({ ...room, reverberationTime: time }, 8000), 8000)
      expect(Math.abs(measured / time - 1)).toBeLessThan(0.15)
    }
    const response = decayImpulseResponse(0.5, 8000, seededRandom(1))
    expect(response[0]).toBe(1)
    expect(Math.abs(measuredTime(response.subarray(1), 8000) / 0.5 - 1)).toBeLessThan(0.1)
    expect(10 * Math.log10(power(response.subarray(1)) * (response.length - 1))).toBeCloseTo(-3, 3)
    expect(decayImpulseResponse(0.5, 8000, seededRandom(1))).toEqual(response)
  })

  it('keeps length, power and, with a single pulse, the signal', () => {
    const samples = whiteNoise(3000, seededRandom(2))
    const wet = reverberate(samples, decayImpulseResponse(0.2, 8000, seededRandom(3)))
    expect(wet.length).toBe(3000)
    expect(power(wet) / power(samples)).toBeCloseTo(1, 4)
    const same = reverberate(samples, Float32Array.from([1]))
    for (const [i, value] of samples.entries()) expect(Math.abs(same[i]! - value)).toBeLessThan(1e-5)
    expect(reverberate(new Float32Array(4), Float32Array.from([1, 1]))).toEqual(new Float32Array(4))
  })

  it('refuses what no room is', () => {
    expect(() => roomImpulseResponse({ ...room, source: [7, 1, 1] }, 8000)).toThrow(/the source at 7, 1, 1 m must lie inside the room of 6 x 5 x 3 m/)
    expect(() => roomImpulseResponse({ ...room, reverberationTime: 0.05 }, 8000)).toThrow(/asks for walls that absorb 2\.30 of the sound/)
  })
})
