import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import { expectVectors, pairwiseDistances, safeRoot, squaredDistances } from './distance.js'
import { expectPositive, summed, type SummedLoss, type WeightOptions } from './summed.js'

/** Beyond every distance. */
const FAR = 1e9

export interface TripletMarginOptions {
  /** By how much the negative must be farther from the anchor than the positive to cost nothing. Default 1. */
  margin?: number
}

export interface TripletOptions extends TripletMarginOptions, WeightOptions {}

/**
 * Σ max(0, ‖a − p‖ − ‖a − n‖ + margin) over given triplets: Weinberger and Saul 2009, Schroff, Kalenichenko and
 * Philbin 2015. Each triplet counts. All three tensors are (N, D).
 */
export function triplet(
  anchors: tf.Tensor,
  positives: tf.Tensor,
  negatives: tf.Tensor,
  { margin = 1, weights }: TripletOptions = {},
): SummedLoss {
  expectVectors('triplet loss', ['anchors', 'positives', 'negatives'], [anchors, positives, negatives])
  expectPositive('The margin of triplet loss', margin)
  const near = safeRoot(squaredDistances(anchors, positives))
  const far = safeRoot(squaredDistances(anchors, negatives))
  return summed('triplet loss', tf.relu(tf.add(tf.sub(near, far), margin)), weights)
}

/**
 * Triplets mined in a batch, hardest ones: for each anchor its farthest positive and its nearest negative (Hermans,
 * Beyer and Leibe 2017, "batch hard"). Each anchor that has both counts.
 *
 * @param embeddings (N, D)
 * @param labels int32 (N); vectors of one label are each other's positives
 */
export function tripletHard(
  embeddings: tf.Tensor,
  labels: tf.Tensor,
  { margin = 1 }: TripletMarginOptions = {},
): SummedLoss {
  const { positive, negative } = relations('batch-hard triplet loss', embeddings, labels, margin)
  const distances = pairwiseDistances(embeddings)
  const farthest = tf.max(tf.mul(distances, positive), 1)
  const nearest = tf.min(tf.add(distances, tf.mul(tf.sub(1, negative), FAR)), 1)
  const complete = tf.mul(tf.max(positive, 1), tf.max(negative, 1))
  return summed('batch-hard triplet loss', tf.relu(tf.add(tf.sub(farthest, nearest), margin)), complete)
}

/**
 * Triplets mined in a batch, semi-hard ones: for each anchor and positive the nearest negative that is farther than
 * the positive, or, where there is none, the farthest negative (Schroff, Kalenichenko and Philbin 2015). Each pair of
 * an anchor, which has a negative, and a positive counts. Takes N³ bytes and more while it looks for them.
 *
 * @param embeddings (N, D)
 * @param labels int32 (N); vectors of one label are each other's positives
 */
export function tripletSemiHard(
  embeddings: tf.Tensor,
  labels: tf.Tensor,
  { margin = 1 }: TripletMarginOptions = {},
): SummedLoss {
  const { positive, negative } = relations('semi-hard triplet loss', embeddings, labels, margin)
  const distances = pairwiseDistances(embeddings)
  const terms = semiHardTerms(distances, negative, margin)
  return summed('semi-hard triplet loss', terms, tf.mul(positive, tf.max(negative, 1, true)))
}

/** max(0, d(a, p) − d(a, n) + margin) of all anchors and positives with the negative n that is chosen for them: (N, N). */
function semiHardTerms(distances: tf.Tensor, negative: tf.Tensor, margin: number): tf.Tensor {
  const size = distances.shape[0] as number
  return customGradient((save, distances) => {
    const toNegative = tf.expandDims(distances, 1)
    const isNegative = tf.expandDims(tf.cast(negative, 'bool'), 1)
    const farther = tf.logicalAnd(tf.greater(toNegative, tf.expandDims(distances, 2)), isNegative)
    const nearest = tf.argMin(tf.where(farther, toNegative, tf.scalar(FAR)), 2)
    const farthest = tf.argMax(tf.mul(tf.add(distances, 1), negative), 1)
    const chosen = tf.where(tf.any(farther, 2), nearest, tf.expandDims(farthest, 1))
    const places = tf.reshape(tf.add(chosen, tf.expandDims(tf.mul(iota(size), integer(size)), 1)), [size * size, 1])
    const flat = tf.reshape(distances, [size * size])
    const terms = tf.relu(tf.add(tf.sub(flat, tf.gatherND(flat, places)), margin))
    save([tf.cast(tf.greater(terms, 0), 'float32'), places])
    return {
      value: tf.reshape(terms, [size, size]),
      gradient: (dy, saved) => {
        const [active, places] = saved as [tf.Tensor, tf.Tensor]
        const flat = tf.mul(tf.reshape(dy, [size * size]), active)
        return [tf.reshape(tf.sub(flat, tf.scatterND(places, flat, [size * size])), [size, size])]
      },
    }
  }, distances)
}

/** Which pairs are of one label, itself excepted, and which are of two: float32 (N, N). */
function relations(
  loss: string,
  embeddings: tf.Tensor,
  labels: tf.Tensor,
  margin: number,
): { positive: tf.Tensor; negative: tf.Tensor } {
  const [size] = dimensions(embeddings, 2, `The embeddings of ${loss} (N, D)`)
  const [labelled] = dimensions(labels, 1, `The labels of ${loss} (N)`)
  if (labelled !== size) throw new Error(`The labels of ${loss} must be one for each embedding, got ${labelled} for ${size}.`)
  expectPositive(`The margin of ${loss}`, margin)
  const same = tf.cast(tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0)), 'float32')
  const itself = tf.cast(tf.equal(tf.expandDims(iota(size), 1), tf.expandDims(iota(size), 0)), 'float32')
  return { positive: tf.sub(same, itself), negative: tf.sub(1, same) }
}
