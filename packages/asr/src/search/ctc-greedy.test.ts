import { describe, expect, it } from 'vitest'
import { ctcGreedy } from './ctc-greedy.js'

/** Scores whose best path is `path`. */
function scores(path: readonly number[], vocabSize: number): Float32Array {
  const data = new Float32Array(path.length * vocabSize).fill(-5)
  for (const [t, id] of path.entries()) data[t * vocabSize + id] = -0.125 * (1 + (t % 3))
  return data
}

/** What greedy search finds in frames that come in these portions. */
function found(...portions: Float32Array[]) {
  const search = ctcGreedy(3)
  const state = search.start()
  for (const portion of portions) search.advance([state], [portion])
  return search.found(state)
}

describe('ctcGreedy', () => {
  it('merges repeats and leaves out blanks, with the first frame and best probability of each run', () => {
    // The example of Graves et al. 2006, section 3.1: B(a−ab−) = B(−aa−−abb) = aab.
    expect(found(scores([1, 0, 1, 2, 0], 3))).toEqual({ tokens: [1, 1, 2], frames: [0, 2, 3], logProbs: [-0.125, -0.375, -0.125] })
    expect(found(scores([0, 1, 1, 0, 0, 1, 2, 2], 3))).toEqual({ tokens: [1, 1, 2], frames: [1, 5, 6], logProbs: [-0.25, -0.375, -0.125] })
    expect(found(scores([0, 0], 3)).tokens).toEqual([])
    expect(found(new Float32Array(0)).tokens).toEqual([])
  })

  it('finds the same however the frames are cut', () => {
    const all = scores([0, 1, 1, 0, 0, 1, 2, 2], 3)
    for (let cut = 0; cut <= 8; cut++) expect(found(all.subarray(0, 3 * cut), all.subarray(3 * cut))).toEqual(found(all))
  })

  it('takes the lower of equal scores', () => {
    expect(found(Float32Array.of(-1, -1, -1, -3, -1, -1)).tokens).toEqual([1])
  })
})
