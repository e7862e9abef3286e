import { describe, expect, it } from 'vitest'
import { replaceUnknowns } from './replace-unknowns.js'

const UNKNOWN = 3

describe('replaceUnknowns', () => {
  const source = ['The', 'ecotax', 'portico', 'in', 'Pont-de-Buis', undefined]

  it('copies the aligned source word, or translates it', () => {
    const options = { unknown: UNKNOWN, source, translate: (word: string) => ({ portico: 'portique' })[word] }
    // The example of Luong et al. (2015): Le portique écotaxe de Pont-de-Buis.
    expect(replaceUnknowns([8, 3, 3, 9, 3, 3], [0, 2, 1, 3, 4, 5], options))
      .toEqual([undefined, 'portique', 'ecotax', undefined, 'Pont-de-Buis', undefined])
    expect(replaceUnknowns(Int32Array.of(3), Int32Array.of(2), { unknown: UNKNOWN, source })).toEqual(['portico'])
  })

  it('refuses alignments that do not fit', () => {
    const options = { unknown: UNKNOWN, source }
    expect(() => replaceUnknowns([3], undefined, options)).toThrow('the hypothesis has none: the model gives no attention')
    expect(() => replaceUnknowns([3], [1, 2], options)).toThrow('one entry per token, 1, got 2')
    expect(() => replaceUnknowns([3], [6], options)).toThrow('token 0 is aligned to source position 6, but the source has 6')
  })
})
