import { describe, expect, it } from 'vitest'
import { featureConfigHash, parseFeatureConfig } from './config.js'
import { AudioError } from '../errors.js'

describe('parseFeatureConfig', () => {
  it('fills in 80-bin Kaldi log-mel at 16 kHz', () => {
    expect(parseFeatureConfig({})).toMatchObject({
      convention: 'kaldi', sampleRate: 16000, bins: 80, frameLength: 25, frameShift: 10, window: 'povey', snipEdges: true,
    })
    expect(parseFeatureConfig({ convention: 'whisper' })).toEqual({ convention: 'whisper', sampleRate: 16000, bins: 80 })
  })

  it.each([
    [{ binz: 40 }, /^feature config: unknown field "binz" for convention "kaldi"; known fields: convention, sampleRate, bins/],
    [{ convention: 'whisper', window: 'hann' }, /unknown field "window" for convention "whisper"/],
    [{ convention: 'htk' }, /convention must be "kaldi" or "whisper", got "htk"/],
    [{ bins: 0 }, /^feature config: bins: /],
    [{ bins: 2.5 }, /^feature config: bins: /],
    [{ sampleRate: '16000' }, /^feature config: sampleRate: /],
    [{ convention: 'whisper', bins: 40 }, /^feature config: bins: /],
    [{ highFrequency: 9000 }, /between 0 and 8000 Hz \(half the sample rate\), got 20 to 9000 Hz/],
    [{ lowFrequency: 500, highFrequency: -7600 }, /got 500 to 400 Hz/],
    [{ frameShift: 0.01 }, /frameShift 0\.01 ms are less than/],
    [null, /^feature config: the whole: /],
  ])('rejects %j', (options, message) => {
    expect(() => parseFeatureConfig(options)).toThrow(AudioError)
    expect(() => parseFeatureConfig(options)).toThrow(message)
  })
})

describe('featureConfigHash', () => {
  it('does not depend on what is spelled out or in which order', () => {
    const hash = featureConfigHash({})
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(featureConfigHash({ bins: 80, sampleRate: 16000 })).toBe(hash)
    expect(featureConfigHash({ sampleRate: 16000, bins: 80, convention: 'kaldi' })).toBe(hash)
  })

  it('depends on every setting', () => {
    const variants = [{}, { bins: 40 }, { snipEdges: false }, { preEmphasis: 0 }, { sampleScale: 32768 }, { convention: 'whisper' } as const]
    expect(new Set(variants.map((options) => featureConfigHash(options))).size).toBe(variants.length)
  })
})
