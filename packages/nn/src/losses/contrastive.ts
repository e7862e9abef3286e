import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'
import { expectVectors, normalizedRows, safeRoot, squaredDistances } from './distance.js'
import { expectPositive, summed, type SummedLoss, type WeightOptions } from './summed.js'

export interface ContrastiveOptions extends WeightOptions {
  /** From which distance on unlike pairs cost nothing. Default 1. */
  margin?: number
}

/**
 * Σ ½ d² over pairs that are alike and Σ ½ max(0, margin − d)² over the others, d = ‖a − b‖: Hadsell, Chopra and LeCun
 * 2006, equation 4. Each pair counts.
 *
 * @param a (N, D)
 * @param b (N, D)
 * @param alike (N), 1 or 0 (or bool)
 */
export function contrastive(
  a: tf.Tensor,
  b: tf.Tensor,
  alike: tf.Tensor,
  { margin = 1, weights }: ContrastiveOptions = {},
): SummedLoss {
  const same = pairLabels('contrastive loss', a, b, alike)
  expectPositive('The margin of contrastive loss', margin)
  const squares = squaredDistances(a, b)
  const short = tf.square(tf.relu(tf.sub(margin, safeRoot(squares))))
  const terms = tf.add(tf.mul(same, squares), tf.mul(tf.sub(1, same), short))
  return summed('contrastive loss', tf.mul(terms, 0.5), weights)
}

export interface CosineEmbeddingOptions extends WeightOptions {
  /** The cosine up to which unlike pairs cost nothing, in [−1, 1). Default 0. */
  margin?: number
}

/**
 * Σ 1 − cos(a, b) over pairs that are alike and Σ max(0, cos(a, b) − margin) over the others. Each pair counts.
 *
 * @param a (N, D)
 * @param b (N, D)
 * @param alike (N), 1 or 0 (or bool)
 */
export function cosineEmbedding(
  a: tf.Tensor,
  b: tf.Tensor,
  alike: tf.Tensor,
  { margin = 0, weights }: CosineEmbeddingOptions = {},
): SummedLoss {
  const same = pairLabels('cosine-embedding loss', a, b, alike)
  if (!(margin >= -1 && margin < 1)) throw new Error(`The margin of cosine-embedding loss must lie in [−1, 1), got ${margin}.`)
  const cosine = tf.sum(tf.mul(normalizedRows(a), normalizedRows(b)), 1)
  const far = tf.relu(tf.sub(cosine, margin))
  const terms = tf.add(tf.mul(same, tf.sub(1, cosine)), tf.mul(tf.sub(1, same), far))
  return summed('cosine-embedding loss', terms, weights)
}

/** `alike` as float32, after a check that it has one entry for each pair. */
function pairLabels(loss: string, a: tf.Tensor, b: tf.Tensor, alike: tf.Tensor): tf.Tensor {
  expectVectors(loss, ['first vectors', 'second vectors'], [a, b])
  const [labels] = dimensions(alike, 1, `What says which pairs of ${loss} are alike (N)`)
  if (labels !== a.shape[0]) {
    throw new Error(`What says which pairs of ${loss} are alike must have one entry a pair, got ${labels} for ${a.shape[0]}.`)
  }
  return tf.cast(alike, 'float32')
}
