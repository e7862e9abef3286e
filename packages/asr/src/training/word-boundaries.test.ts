import { FeatureExtractor } from '@parlance/audio'
import { Random } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import { wordBoundaries } from './word-boundaries.js'

const sampleRate = 8000
const extractor = new FeatureExtractor({ sampleRate, bins: 20 })
const framesIn = (seconds: number) => seconds * 100

/** Faint noise with loud stretches, in seconds. */
function recording(seconds: number, loud: readonly (readonly [number, number])[]): Float32Array {
  const random = new Random(1)
  return Float32Array.from({ length: seconds * sampleRate }, (_, i) => {
    const at = i / sampleRate
    const level = loud.some(([from, to]) => at >= from && at < to) ? 0.3 : 0.001
    return level * (2 * random.next() - 1)
  })
}

describe('wordBoundaries', () => {
  const features = extractor.compute(recording(3, [[0.4, 0.8], [1.0, 1.5], [1.52, 1.9], [2.3, 2.31], [2.5, 2.8]]))

  it('cuts in the pauses, not in a gap within a word, and takes no click for a word', () => {
    const boundaries = wordBoundaries(features, 3) as number[]
    expect(boundaries).toHaveLength(4)
    const [start, first, second, end] = boundaries as [number, number, number, number]
    expect([start, end]).toEqual([0, features.frames])
    expect(first).toBeGreaterThanOrEqual(framesIn(0.78))
    expect(first).toBeLessThanOrEqual(framesIn(1))
    expect(second).toBeGreaterThanOrEqual(framesIn(1.88))
    expect(second).toBeLessThanOrEqual(framesIn(2.5))
  })

  it('gives up where pauses do not show as many words', () => {
    expect(wordBoundaries(features, 7)).toBeUndefined()
    expect(wordBoundaries(features, 0)).toBeUndefined()
    expect(wordBoundaries({ frames: 0, bins: 20, data: new Float32Array(0) }, 1)).toBeUndefined()
  })

  it('leaves a single word whole', () => {
    const single = extractor.compute(recording(1, [[0.3, 0.7]]))
    expect(wordBoundaries(single, 1)).toEqual([0, single.frames])
  })
})
