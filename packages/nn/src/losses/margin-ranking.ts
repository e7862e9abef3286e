import { tf } from '@parlance/runtime'
import { expectNonNegative, summed, type SummedLoss, type WeightOptions } from './summed.js'

export interface MarginRankingOptions extends WeightOptions {
  /** By how much the higher score must lead to cost nothing. Default 1. */
  margin?: number
}

/**
 * Σ max(0, margin − (higher − lower)) over pairs of scores whose order is known. The two broadcast, so that positive
 * scores (N, 1) are compared with K negative ones each (N, K). Each pair counts.
 */
export function marginRanking(
  higher: tf.Tensor,
  lower: tf.Tensor,
  { margin = 1, weights }: MarginRankingOptions = {},
): SummedLoss {
  expectNonNegative('The margin of margin-ranking loss', margin)
  return summed('margin-ranking loss', tf.relu(tf.sub(margin, tf.sub(higher, lower))), weights)
}
