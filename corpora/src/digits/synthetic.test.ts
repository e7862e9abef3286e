import { describe, expect, it } from 'vitest'
import { DIGIT_WORDS } from './recipe.js'
import { DIGIT_RATE } from './strings.js'
import { syntheticDigitClips } from './synthetic.js'

describe('syntheticDigitClips', () => {
  it('has every voice say every digit twice, within what a spoken digit lasts, and repeats', async () => {
    const clips = await syntheticDigitClips({ seed: 3, voices: 3 })
    expect(clips.map(({ word }) => word)).toEqual(Array.from({ length: 6 }, () => DIGIT_WORDS).flat())
    expect(new Set(clips.map(({ speaker }) => speaker)).size).toBe(3)
    for (const { samples } of clips) {
      expect(samples.length).toBeGreaterThan(0.1 * DIGIT_RATE)
      expect(samples.length).toBeLessThan(1.2 * DIGIT_RATE)
      expect(samples.some((sample) => Math.abs(sample) > 0.05)).toBe(true)
    }
    expect(await syntheticDigitClips({ seed: 3, voices: 1 })).toEqual(clips.slice(0, 20))
  })
})
