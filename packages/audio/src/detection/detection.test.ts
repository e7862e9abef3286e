import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.js'
import { type ActivityOptions, detectSpeech, SpeechDetector } from './activity.js'
import { EndpointDetector } from './endpoint.js'

const RATE = 8000

/** Noise of amplitude `noise`, with bursts of a tone that is modulated as syllables are. */
function recording(seconds: number, bursts: [from: number, to: number][], { noise = 0.001, tone = 0.2, offset = 0 } = {}): Float32Array {
  const random = seededRandom(6)
  return Float32Array.from({ length: seconds * RATE }, (_, n) => {
    const t = n / RATE
    const on = bursts.some(([from, to]) => t >= from && t < to)
    const syllables = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t)
    return offset + noise * (2 * random.next() - 1) + (on ? tone * syllables * Math.sin(2 * Math.PI * 300 * t) : 0)
  })
}

const exact: ActivityOptions = { padding: 0 }

describe('detectSpeech', () => {
  it.each([
    ['in quiet', { noise: 0 }],
    ['in noise', { noise: 0.02, tone: 0.4 }],
    ['in noise 12 dB above the usual, speech louder too', { noise: 0.05, tone: 0.6 }],
    ['on a constant offset', { offset: 0.3 }],
  ])('finds bursts %s within 20 ms', (_, options) => {
    const bursts: [number, number][] = [[1, 1.6], [2.4, 3.5], [5, 5.5]]
    const found = detectSpeech(recording(7, bursts, options), RATE, exact)
    expect(found.length).toBe(3)
    for (const [i, { start, end }] of found.entries()) {
      expect(Math.abs(start - bursts[i]![0])).toBeLessThanOrEqual(0.02)
      expect(Math.abs(end - bursts[i]![1])).toBeLessThanOrEqual(0.02)
    }
  })

  it('joins what short pauses part, leaves clicks out and pads', () => {
    const samples = recording(4, [[0.5, 0.53], [1, 1.5], [1.7, 2]])
    const found = detectSpeech(samples, RATE)
    expect(found.length).toBe(1)
    expect(Math.abs(found[0]!.start - 0.9)).toBeLessThanOrEqual(0.02)
    expect(Math.abs(found[0]!.end - 2.1)).toBeLessThanOrEqual(0.02)
  })

  it('hears speech from the first sample and to the last', () => {
    const [segment, ...more] = detectSpeech(recording(2, [[0, 2]]), RATE)
    expect(more).toEqual([])
    expect(segment).toEqual({ start: 0, end: 2 })
  })

  it('gets used to noise that sets in', () => {
    const random = seededRandom(1)
    const samples = Float32Array.from({ length: 12 * RATE }, (_, n) => (n < 2 * RATE ? 1e-4 : 1e-2) * (2 * random.next() - 1))
    for (const { start, end } of detectSpeech(samples, RATE)) expect([start >= 1.8, end <= 6]).toEqual([true, true])
  })

  it.each([
    ['no samples', new Float32Array(0)], ['one sample', Float32Array.from([1])], ['silence', new Float32Array(RATE)],
    ['a constant', new Float32Array(RATE).fill(0.9)],
  ])('finds nothing in %s', (_, samples) => {
    expect(detectSpeech(samples, RATE)).toEqual([])
  })

  it('gives in pieces what it gives for the whole', () => {
    const samples = recording(6, [[0.5, 1.2], [2, 3], [3.2, 3.4], [4.5, 6]])
    const random = seededRandom(9)
    const detector = new SpeechDetector(RATE)
    const found = []
    for (let at = 0; at < samples.length;) {
      const size = Math.floor(random.next() * 1000)
      found.push(...detector.push(samples.subarray(at, at + size)))
      at += size
    }
    expect([...found, ...detector.finish()]).toEqual(detectSpeech(samples, RATE))
    expect(found.length).toBe(2)
  })

  it('rejects rates and thresholds that mean nothing', () => {
    expect(() => detectSpeech(new Float32Array(1), 500)).toThrow(/sample rate of 1000 Hz or more, got 500/)
    expect(() => detectSpeech(new Float32Array(1), RATE, { onset: Number.NaN })).toThrow(/onset must be a number of 0 or more, got NaN/)
  })
})

describe('EndpointDetector', () => {
  const run = (samples: Float32Array, rules = {}) => {
    const detector = new EndpointDetector(RATE, rules)
    const ends: [number, string][] = []
    for (let at = 0; at < samples.length; at += 160) {
      const reason = detector.push(samples.subarray(at, at + 160))
      if (!reason) continue
      ends.push([Math.round((at + 160) / RATE * 10) / 10, reason])
      detector.reset()
    }
    return ends
  }

  it('ends utterances at pauses', () => {
    expect(run(recording(6, [[0.5, 1.5], [1.9, 2.5], [4, 5]]))).toEqual([[3.3, 'pause'], [5.8, 'pause']])
  })

  it('gives up where nobody speaks, and ends what becomes too long', () => {
    expect(run(recording(11, []))).toEqual([[5, 'no speech'], [10, 'no speech']])
    expect(run(recording(5, [[0, 5]]), { longest: 2 })).toEqual([[2, 'too long'], [4, 'too long']])
  })
})
