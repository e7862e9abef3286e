import { describe, expect, it } from 'vitest'
import { DIGIT_WORDS } from './recipe.js'
import { recordedVoiceClips } from './recorded-voices.js'
import { DIGIT_RATE } from './strings.js'

describe('recordedVoiceClips', () => {
  it('has every voice say every digit, within what a spoken digit lasts, and repeats', async () => {
    const clips = await recordedVoiceClips({ seed: 3, takes: 1 })
    expect(clips.map(({ word }) => word)).toEqual(Array.from({ length: 4 }, () => DIGIT_WORDS).flat())
    expect(new Set(clips.map(({ speaker }) => speaker)).size).toBe(4)
    for (const { samples } of clips) {
      expect(samples.length).toBeGreaterThan(0.1 * DIGIT_RATE)
      expect(samples.length).toBeLessThan(1.2 * DIGIT_RATE)
      expect(samples.some((sample) => Math.abs(sample) > 0.05)).toBe(true)
    }
    expect(await recordedVoiceClips({ seed: 3, takes: 1 })).toEqual(clips)
  })
})
