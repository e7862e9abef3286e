import { UsageError } from '@parlance/nn/command-line'
import { describe, expect, it } from 'vitest'
import { checkTranslateOptions } from './translate-options.js'

describe('checkTranslateOptions', () => {
  it('fills in what is not given', () => {
    const { method, ...others } = checkTranslateOptions({})
    expect(method).toMatchObject({ kind: 'beam', beamSize: 4, nBest: 1, coveragePenalty: 0, patience: 1 })
    expect(method.kind === 'beam' && method.lengthPenalty(7)).toBe(7)
    expect(others).toEqual({
      noRepeatNgrams: undefined, repetitionPenalty: 1, suppress: [], replaceUnknowns: false, minLength: 0,
      maxLength: undefined, batchSize: 32,
    })
    const { method: drawing } = checkTranslateOptions({ sampling: { seed: 3 }, nBest: 9 })
    expect(drawing).toEqual({ kind: 'sampling', draws: 9, seed: 3, temperature: 1, topK: undefined, topP: 1, typicalP: 1 })
  })

  it('knows two forms of the length penalty', () => {
    const { method } = checkTranslateOptions({ lengthPenalty: 0.6, lengthNormalization: 'gnmt' })
    // Wu et al. 2016, eq. 14.
    expect(method.kind === 'beam' && method.lengthPenalty(7)).toBeCloseTo(2 ** 0.6, 12)
  })

  it.each([
    [{ beamSize: 0 }, 'beamSize must be a whole number of 1 or more, got 0.'],
    [{ nBest: 1.5 }, 'nBest must be a whole number of 1 or more, got 1.5.'],
    [{ beamSize: 2, nBest: 3 }, 'nBest must be at most beamSize, 2, got 3.'],
    [{ lengthPenalty: -1 }, 'lengthPenalty must be 0 or more, got -1.'],
    [{ lengthPenalty: NaN }, 'lengthPenalty must be 0 or more, got NaN.'],
    [{ lengthNormalization: 'mean' as 'gnmt' }, 'lengthNormalization must be average or gnmt, got mean.'],
    [{ coveragePenalty: -0.1 }, 'coveragePenalty must be 0 or more, got -0.1.'],
    [{ patience: 0 }, 'patience must be above 0, got 0.'],
    [{ diversity: { groups: 3, strength: 1 } }, 'beamSize must be a multiple of diversity.groups, 3, got 4.'],
    [{ diversity: { groups: 0, strength: 1 } }, 'diversity.groups must be a whole number of 1 or more, got 0.'],
    [{ diversity: { groups: 2, strength: -1 } }, 'diversity.strength must be 0 or more, got -1.'],
    [{ noRepeatNgrams: 0 }, 'noRepeatNgrams must be a whole number of 1 or more, got 0.'],
    [{ repetitionPenalty: 0.9 }, 'repetitionPenalty must be 1 or more, got 0.9.'],
    [{ suppress: ['cat', ' '] }, 'suppress must hold words or phrases, got an empty one: leave it out.'],
    [{ minLength: -1 }, 'minLength must be a whole number of 0 or more, got -1.'],
    [{ minLength: 5, maxLength: 5 }, 'minLength must be below maxLength, 5, which counts the end token, got 5.'],
    [{ maxLength: 0 }, 'maxLength must be a whole number of 1 or more, got 0.'],
    [{ batchSize: 1.5 }, 'batchSize must be a whole number of 1 or more, got 1.5.'],
    [{ sampling: { seed: -1 } }, 'sampling.seed must be a whole number of 0 or more, below 2^53, got -1.'],
    [{ sampling: { seed: 1, temperature: 0 } }, 'sampling.temperature must be above 0, got 0: for the most probable tokens use beamSize 1.'],
    [{ sampling: { seed: 1, topK: 0 } }, 'sampling.topK must be a whole number of 1 or more, got 0.'],
    [{ sampling: { seed: 1, topP: 0 } }, 'sampling.topP must be above 0 and at most 1, got 0.'],
    [{ sampling: { seed: 1, typicalP: 1.1 } }, 'sampling.typicalP must be above 0 and at most 1, got 1.1.'],
    [{ sampling: { seed: 1 }, beamSize: 4 }, 'beamSize is an option of beam search, and sampling keeps no beam: leave one of them out.'],
    [{ sampling: { seed: 1 }, patience: 2 }, 'patience is an option of beam search, and sampling keeps no beam: leave one of them out.'],
  ])('refuses %j', (options, message) => {
    expect(() => checkTranslateOptions(options)).toThrow(new UsageError(message))
  })
})
