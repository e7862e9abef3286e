import { describe, expect, it } from 'vitest'
import { greedyTokens } from './ctc-greedy.js'

/** Scores whose best path is `path`. */
function scores(path: readonly number[], vocabSize: number): Float32Array {
  const data = new Float32Array(path.length * vocabSize).fill(-5)
  for (const [t, id] of path.entries()) data[t * vocabSize + id] = -0.1
  return data
}

describe('greedyTokens', () => {
  it('merges repeats and leaves out blanks', () => {
    // The example of Graves et al. 2006, section 3.1: B(a−ab−) = B(−aa−−abb) = aab.
    expect(greedyTokens(scores([1, 0, 1, 2, 0], 3), 5, 3)).toEqual([1, 1, 2])
    expect(greedyTokens(scores([0, 1, 1, 0, 0, 1, 2, 2], 3), 8, 3)).toEqual([1, 1, 2])
    expect(greedyTokens(scores([0, 0], 3), 2, 3)).toEqual([])
    expect(greedyTokens(new Float32Array(0), 0, 3)).toEqual([])
  })

  it('reads the frames it is told to and takes the lower of equal scores', () => {
    const two = new Float32Array([...scores([1, 2], 3), ...scores([2, 2, 1], 3)])
    expect(greedyTokens(two, 2, 3, 6)).toEqual([2])
    expect(greedyTokens([-1, -1, -1, -3, -1, -1], 2, 3)).toEqual([1])
  })
})
