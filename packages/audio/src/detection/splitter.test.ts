import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.js'
import { SilenceSplitter } from './splitter.js'

const RATE = 8000

/** Noise at -60 dB with a tone of syllables in it between these seconds. */
function recording(seconds: number, bursts: [from: number, to: number][], { tone = 0.2, offset = 0 } = {}): Float32Array {
  const random = seededRandom(6)
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, n) => {
    const t = n / RATE
    const on = bursts.some(([from, to]) => t >= from && t < to)
    return offset + 0.001 * (2 * random.next() - 1) + (on ? tone * (0.6 + 0.4 * Math.sin(8 * Math.PI * t)) * Math.sin(600 * Math.PI * t) : 0)
  })
}

function split(samples: Float32Array, longest: number, size = samples.length): Float32Array[] {
  const splitter = new SilenceSplitter(RATE, { longest })
  const parts: Float32Array[] = []
  for (let at = 0; at < samples.length; at += size) parts.push(...splitter.push(samples.subarray(at, at + size)))
  return [...parts, ...splitter.finish()]
}

const ends = (parts: readonly Float32Array[]) => {
  let at = 0
  return parts.map(({ length }) => (at += length) / RATE)
}

describe('SilenceSplitter', () => {
  // Pauses of 0.5 s, of 1 s at 13 s and at 19.5 s.
  const bursts: [number, number][] = [[0.5, 4], [4.5, 9], [9.5, 12.5], [13.5, 16], [16.5, 19], [20, 24], [24.5, 28]]
  const samples = recording(28, bursts)

  it('cuts in the longest pause of each part, and loses nothing', () => {
    for (const size of [samples.length, 80, 12_345]) {
      const parts = split(samples, 15, size)
      const [first, second, last] = ends(parts)
      expect(first).toBeGreaterThan(12.5)
      expect(first).toBeLessThan(13.5)
      // The second part's latter half is from 20.5 to 28.
      expect(second).toBeGreaterThan(24)
      expect(second).toBeLessThan(24.5)
      expect(last).toBe(28)
      expect(Buffer.concat(parts.map((part) => Buffer.from(part.buffer))).equals(Buffer.from(samples.buffer))).toBe(true)
    }
  })

  it('cuts where it is quietest if nobody pauses, whatever the loudness and offset', () => {
    const dips = (t: number) => (Math.abs(t - 7) < 0.15 || Math.abs(t - 14) < 0.15 ? 0.3 : 1)
    const busy = Float32Array.from({ length: 18 * RATE }, (_, n) => 0.4 + 0.1 * dips(n / RATE) * Math.sin(n))
    const [first, second, last] = ends(split(busy, 10))
    expect(Math.abs((first as number) - 7)).toBeLessThan(0.1)
    expect(Math.abs((second as number) - 14)).toBeLessThan(0.1)
    expect(last).toBe(18)
  })

  it('leaves what is short enough whole, and has nothing of nothing', () => {
    expect(ends(split(samples, 28))).toEqual([28])
    expect(split(new Float32Array(0), 5)).toEqual([])
    expect(ends(split(Float32Array.of(1), 5))).toEqual([1 / RATE])
  })

  it('cuts silence and constants into parts of no more than the longest', () => {
    for (const value of [0, 0.5]) {
      const parts = split(new Float32Array(100 * RATE).fill(value), 7)
      expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(7 * RATE)
      expect(ends(parts).at(-1)).toBe(100)
    }
  })

  it('rejects parts of no length', () => {
    expect(() => new SilenceSplitter(RATE, { longest: 0.5 })).toThrow('parts must be a second or longer, got 0.5')
  })
})
