import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.js'
import type { Features } from './matrix.js'
import { SlidingNormalizer, type SlidingOptions, slidingNormalize } from './sliding.js'

const random = seededRandom(4)
const features = (frames: number, bins: number): Features => ({
  frames, bins, data: Float32Array.from({ length: frames * bins }, () => 5 + random.next()),
})

/** The window's mean and deviation written out. */
function direct({ frames, bins, data }: Features, place: (t: number) => [number, number], variance: boolean): number[] {
  return Array.from({ length: frames * bins }, (_, i) => {
    const [from, to] = place(Math.floor(i / bins))
    const column = Array.from({ length: to - from }, (_, k) => data[(from + k) * bins + i % bins]!)
    const mean = column.reduce((a, b) => a + b) / column.length
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length)
    return (data[i]! - mean) / (variance ? Math.max(1e-5, deviation) : 1)
  })
}

const close = (got: ArrayLike<number>, wanted: number[]) => {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5)
}

describe('slidingNormalize', () => {
  it.each([true, false])('lays the window before the frame, from `least` frames on (variance %s)', (variance) => {
    for (const frames of [5, 10, 50]) {
      const whole = features(frames, 2)
      close(slidingNormalize(whole, { window: 12, least: 8, variance }).data,
        direct(whole, (t) => [Math.max(0, t - 12), Math.max(t + 1, Math.min(8, frames))], variance))
    }
  })

  it('lays a centred window, shifted inwards at the ends', () => {
    const whole = features(30, 3)
    close(slidingNormalize(whole, { window: 10, centre: true }).data,
      direct(whole, (t) => { const from = Math.max(0, Math.min(20, t - 5)); return [from, from + 10] }, false))
    const short = features(6, 1)
    close(slidingNormalize(short, { window: 10, centre: true, variance: true }).data, direct(short, () => [0, 6], true))
  })

  it('takes a bin that never changes as zero', () => {
    const flat = { frames: 20, bins: 1, data: new Float32Array(20).fill(3) }
    expect([...slidingNormalize(flat, { window: 5, variance: true }).data]).toEqual(new Array<number>(20).fill(0))
  })

  it.each<SlidingOptions>([{ window: 0 }, { least: 1.5 }])('rejects %j', (options) => {
    expect(() => slidingNormalize(features(2, 1), options)).toThrow(/must be a whole number of 1 or more frames, got/)
  })
})

describe('SlidingNormalizer', () => {
  it.each([{ window: 12, least: 8 }, { window: 5, variance: true }, {}])('random pieces give the values of the whole: %j', (options) => {
    for (const frames of [3, 7, 40, 700]) {
      const whole = features(frames, 2)
      const normalizer = new SlidingNormalizer(2, options)
      const values: number[] = []
      for (let at = 0; at < frames;) {
        const count = Math.min(frames - at, Math.floor(random.next() * 9))
        values.push(...normalizer.push({ frames: count, bins: 2, data: whole.data.subarray(2 * at, 2 * (at + count)) }).data)
        at += count
      }
      values.push(...normalizer.finish().data)
      const wanted = slidingNormalize(whole, options).data
      expect(values.length).toBe(wanted.length)
      for (const [i, value] of wanted.entries()) expect(Math.abs(values[i]! - value)).toBeLessThan(1e-6)
    }
  })
})
