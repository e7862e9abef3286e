import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import { crossEntropy } from './cross-entropy.js'
import { expectVectors, normalizedRows } from './distance.js'
import { expectPositive, type SummedLoss } from './summed.js'

export interface InfoNCEOptions {
  /** Divides the similarities: a number, or a scalar tensor where it is learned. Default 0.07. */
  temperature?: number | tf.Tensor
  /** Compare cosines; otherwise dot products. Default true. */
  normalize?: boolean
  /** Also find the query of each key, and take the mean of both directions, as in CLIP. Default false. */
  symmetric?: boolean
  /** (N), 0 or false for pairs that are padding: neither counted nor anybody's negative. Default: all are real. */
  mask?: tf.Tensor
  /** Further keys (K, D) that are nobody's positive: a queue of earlier ones, or hard negatives. */
  negatives?: tf.Tensor
}

/**
 * −Σ log [exp(s(qᵢ, kᵢ)/τ) / Σⱼ exp(s(qᵢ, kⱼ)/τ)]: each query is to find its key among all keys of the batch (van den
 * Oord, Li and Vinyals 2018). Each pair counts.
 *
 * @param queries (N, D)
 * @param keys (N, D)
 */
export function infoNCE(
  queries: tf.Tensor,
  keys: tf.Tensor,
  { temperature = 0.07, normalize = true, symmetric = false, mask, negatives }: InfoNCEOptions = {},
): SummedLoss {
  expectVectors('InfoNCE', ['queries', 'keys'], [queries, keys])
  const [size, width] = queries.shape as [number, number]
  if (typeof temperature === 'number') expectPositive('The temperature of InfoNCE', temperature)
  if (negatives && dimensions(negatives, 2, 'The negatives of InfoNCE (K, D)')[1] !== width) {
    throw new Error(`The negatives of InfoNCE must have the keys' width ${width}, got ${negatives.shape[1]}.`)
  }
  if (mask && dimensions(mask, 1, 'The mask of InfoNCE (N)')[0] !== size) {
    throw new Error(`The mask of InfoNCE must have one entry a pair, got ${mask.shape[0]} for ${size}.`)
  }
  if (symmetric && negatives) throw new Error('Symmetric InfoNCE has no further negatives: leave one of the two options out.')
  const [q, k] = normalize ? [normalizedRows(queries), normalizedRows(keys)] : [queries, keys]
  const scaled = tf.div(q, temperature)
  const real = mask && tf.cast(mask, 'bool')
  const labels = real ? tf.where(real, iota(size), tf.mul(tf.onesLike(iota(size)), integer(-100))) : iota(size)
  const penalty = real && tf.expandDims(tf.where(real, tf.zeros([size]), tf.fill([size], -1e9)), 0)
  const similarities = tf.matMul(scaled, k, false, true)
  const loss = (scores: tf.Tensor): SummedLoss => crossEntropy(scores, labels)
  const hidden = (scores: tf.Tensor): tf.Tensor => (penalty ? tf.add(scores, penalty) : scores)
  if (symmetric) {
    const [forwards, backwards] = [loss(hidden(similarities)), loss(hidden(tf.transpose(similarities)))]
    return { sum: tf.mul(tf.add(forwards.sum, backwards.sum), 0.5), count: forwards.count }
  }
  if (!negatives) return loss(hidden(similarities))
  const further = tf.matMul(scaled, normalize ? normalizedRows(negatives) : negatives, false, true)
  return loss(tf.concat([hidden(similarities), further], 1))
}
