import { BLANK } from '../tokens/blank.js'

/**
 * The scores of one frame after the other, each of shape (vocabSize) and a copy, the blank's lowered by the penalty.
 *
 * @param rows (T, vocabSize)
 */
export function* frameScores(rows: Float32Array, vocabSize: number, blankPenalty: number): Generator<Float32Array> {
  for (let row = 0; row < rows.length; row += vocabSize) {
    const scores = rows.slice(row, row + vocabSize)
    scores[BLANK] = (scores[BLANK] as number) - blankPenalty
    yield scores
  }
}
