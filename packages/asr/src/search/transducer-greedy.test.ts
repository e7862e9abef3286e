import { describe, expect, it } from 'vitest'
import { durationModel, DURATIONS, durationScoresOf, model, recording, scoresOf, VOCAB_SIZE } from './testing/lattice.js'
import { transducerGreedy } from './transducer-greedy.js'

/** The definition, written out: one utterance, one symbol at a time. */
function written(encoded: Float32Array, maxSymbols: number) {
  const found = { tokens: [] as number[], frames: [] as number[], logProbs: [] as number[] }
  for (let t = 0; t < encoded.length / 2; t++) {
    for (let symbol = 0; symbol < maxSymbols; symbol++) {
      const scores = scoresOf(encoded.subarray(2 * t, 2 * t + 2), found.tokens)
      const best = scores.indexOf(Math.max(...scores))
      if (best === 0) break
      found.tokens.push(best)
      found.frames.push(t)
      found.logProbs.push(Math.fround(scores[best] as number))
    }
  }
  return found
}

describe('transducerGreedy', () => {
  it.each([1, 2, 5])('takes the likeliest symbols, at most %i of a frame, however recordings are cut and put together', (maxSymbols) => {
    const recordings = [recording(1, 30), recording(2, 7), recording(3, 0), recording(4, 19)]
    const wanted = recordings.map((encoded) => written(encoded, maxSymbols))
    expect(new Set(wanted[0]?.tokens).size).toBe(3)
    // Frames without a token and, where it is allowed, with several.
    const perFrame = recordings[0]?.slice(0, 30).map((_, t) => wanted[0]?.frames.filter((frame) => frame === t).length ?? 0)
    expect([Math.min(...(perFrame ?? [])), Math.max(...(perFrame ?? []))]).toEqual([0, expect.any(Number)])
    const search = transducerGreedy(model, 2, { maxSymbols })
    for (const portion of [1, 3, 30]) {
      const states = recordings.map(() => search.start())
      for (let at = 0; at < 30; at += portion) search.advance(states, recordings.map((all) => all.subarray(2 * at, 2 * (at + portion))))
      expect(states.map((state) => search.found(state))).toEqual(wanted)
    }
  })

  it.each([1, 2])('goes on by the likeliest durations, which of the blank is not 0; at most %i tokens of a frame', (maxSymbols) => {
    /** The definition, written out. */
    const written = (encoded: Float32Array) => {
      const found = { tokens: [] as number[], frames: [] as number[] }
      for (let t = 0, symbols = 0; t < encoded.length / 2;) {
        const frame = encoded.subarray(2 * t, 2 * t + 2)
        const durations = durationScoresOf(frame, found.tokens)
        const arcs = scoresOf(frame, found.tokens).flatMap((score, v) =>
          DURATIONS.flatMap((duration, d) => (v === 0 && duration === 0 ? [] : [{ v, duration, score: score + (durations[d] as number) }])))
        const best = arcs.reduce((one, other) => (other.score > one.score ? other : one))
        if (best.v > 0) {
          found.tokens.push(best.v)
          found.frames.push(t)
        }
        symbols = best.duration === 0 ? symbols + 1 : 0
        t += best.duration
        if (symbols < maxSymbols) continue
        t++
        symbols = 0
      }
      return found
    }
    const recordings = [recording(1, 30), recording(2, 7), recording(3, 0), recording(4, 19)]
    const wanted = recordings.map(written)
    expect(wanted[0]?.tokens.length).toBeGreaterThan(5)
    const search = transducerGreedy(durationModel, 2, { maxSymbols })
    for (const portion of [1, 4, 30]) {
      const states = recordings.map(() => search.start())
      for (let at = 0; at < 30; at += portion) search.advance(states, recordings.map((all) => all.subarray(2 * at, 2 * (at + portion))))
      expect(states.map((state) => search.found(state))).toMatchObject(wanted)
    }
  })

  it('takes the lower of equal scores', () => {
    const even = { ...model, score: (frames: readonly Float32Array[]) => ({ tokens: new Float32Array(frames.length * VOCAB_SIZE).fill(-Math.log(4)) }) }
    const search = transducerGreedy(even, 2)
    const state = search.start()
    search.advance([state], [recording(1, 3)])
    expect(search.found(state).tokens).toEqual([])
  })

  it('refuses a bound that lets nothing through', () => {
    expect(() => transducerGreedy(model, 2, { maxSymbols: 0 })).toThrow('a whole number of 1 or more, got 0')
  })
})
