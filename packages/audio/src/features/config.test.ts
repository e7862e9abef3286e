import { describe, expect, it } from 'vitest'
import { featureConfigHash, parseFeatureConfig } from './config.js'
import { AudioError } from '../errors.js'

describe('parseFeatureConfig', () => {
  it('fills in 80-bin Kaldi log-mel at 16 kHz', () => {
    expect(parseFeatureConfig({})).toMatchObject({
      convention: 'kaldi', sampleRate: 16000, bins: 80, frameLength: 25, frameShift: 10, window: 'povey', snipEdges: true,
    })
    expect(parseFeatureConfig({ convention: 'whisper' })).toEqual({ convention: 'whisper', kind: 'log-mel', sampleRate: 16000, bins: 80 })
  })

  it.each([
    [{ binz: 40 }, /^feature config: unknown field "binz" for convention "kaldi", kind "log-mel"; known fields: convention, sampleRate, frameLength/],
    [{ convention: 'whisper', window: 'hann' }, /unknown field "window" for convention "whisper"/],
    [{ convention: 'espnet' }, /convention must be one of "kaldi", "htk", "whisper", "librosa", got "espnet"/],
    [{ convention: 'toString' }, /convention must be one of/],
    [{ convention: 'whisper', kind: 'mfcc' }, /kind \(convention "whisper"\) must be one of "log-mel", got "mfcc"/],
    [{ kind: 'mfcc', cepstra: 24 }, /23 mel filters give no 24 cepstral coefficients/],
    [{ kind: 'spectrogram', bins: 40 }, /unknown field "bins" for convention "kaldi", kind "spectrogram"/],
    [{ convention: 'librosa', fftSize: 511 }, /fftSize must be even/],
    [{ convention: 'librosa', fftSize: 512, windowLength: 513 }, /at least windowLength, got 512 and 513/],
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
    const variants = [{}, { bins: 40 }, { snipEdges: false }, { preEmphasis: 0 }, { sampleScale: 32768 }, { convention: 'whisper' } as const,
      { kind: 'mfcc' } as const, { convention: 'htk' } as const, { dither: 1 }, { deltas: 2 } as const]
    expect(new Set(variants.map((options) => featureConfigHash(options))).size).toBe(variants.length)
  })
})
