import { tf } from '@parlance/runtime'
import { dimensions, expectWidth } from '../dimensions.js'
import { integer } from '../iota.js'
import type { Candidates } from './candidates.js'
import { crossEntropy } from './cross-entropy.js'
import { summed, type SummedLoss } from './summed.js'

export interface SampledOptions {
  /** (V), added to the scores. */
  bias?: tf.Tensor
  /** Labels of this value neither count nor have a gradient. Default −100. */
  ignoreIndex?: number
}

/** A candidate that is the row's own label gets this added to its score. */
const HIDDEN = -1e9

/**
 * Cross-entropy over the label and the candidates in place of all V classes, all scores lowered by the logarithms of
 * the expected counts and candidates that are the row's label left out: Jean, Cho, Memisevic and Bengio 2015. Its
 * optimum is that of the full softmax; its value is not, so measure with `crossEntropy`. Each label that is not ignored
 * counts.
 *
 * @param hidden (M, D)
 * @param weight (V, D)
 * @param labels int32 (M), each in 0 … V − 1 or `ignoreIndex`
 */
export function sampledSoftmax(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  labels: tf.Tensor,
  candidates: Candidates,
  options: SampledOptions = {},
): SummedLoss {
  const { ofLabel, ofCandidates, hits, kept } = scores('sampled softmax', hidden, weight, labels, candidates, options)
  const corrected = tf.sub(ofLabel, candidates.labelLogCounts)
  const others = tf.add(tf.sub(ofCandidates, candidates.logCounts), tf.mul(hits, HIDDEN))
  const first = tf.zerosLike(labels)
  return crossEntropy(tf.concat([tf.expandDims(corrected, 1), others], 1), first, { weights: kept })
}

/**
 * Noise-contrastive estimation (Gutmann and Hyvärinen 2010, Mnih and Teh 2012): logistic regression that tells the
 * label from the candidates, scores lowered by the logarithms of the expected counts. Draw candidates that are not
 * unique. Each label that is not ignored counts, with its candidates. Arguments as for `sampledSoftmax`.
 */
export function noiseContrastive(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  labels: tf.Tensor,
  candidates: Candidates,
  options: SampledOptions = {},
): SummedLoss {
  const { ofLabel, ofCandidates, kept } = scores('noise-contrastive loss', hidden, weight, labels, candidates, options)
  const corrected = tf.sub(ofLabel, candidates.labelLogCounts)
  return logistic(corrected, tf.sub(ofCandidates, candidates.logCounts), kept)
}

/**
 * Negative sampling (Mikolov et al. 2013, equation 4): −log σ(score of the label) − Σ log σ(−score of a candidate),
 * without corrections; candidates that are the row's label are left out. Each label that is not ignored counts, with
 * its candidates. Arguments as for `sampledSoftmax`.
 */
export function negativeSampling(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  labels: tf.Tensor,
  candidates: Candidates,
  options: SampledOptions = {},
): SummedLoss {
  const { ofLabel, ofCandidates, hits, kept } = scores('negative sampling', hidden, weight, labels, candidates, options)
  return logistic(ofLabel, tf.add(ofCandidates, tf.mul(hits, HIDDEN)), kept)
}

function logistic(ofLabel: tf.Tensor, ofCandidates: tf.Tensor, kept: tf.Tensor): SummedLoss {
  const terms = tf.add(tf.softplus(tf.neg(ofLabel)), tf.sum(tf.softplus(ofCandidates), 1))
  return summed('sampled logistic loss', terms, kept)
}

interface Scores {
  /** (M) */
  ofLabel: tf.Tensor
  /** (M, S) */
  ofCandidates: tf.Tensor
  /** 1 where a candidate is the row's label: float32 (M, S) */
  hits: tf.Tensor
  /** 1 for each row that counts: float32 (M) */
  kept: tf.Tensor
}

function scores(
  loss: string,
  hidden: tf.Tensor,
  weight: tf.Tensor,
  labels: tf.Tensor,
  candidates: Candidates,
  { bias, ignoreIndex = -100 }: SampledOptions,
): Scores {
  const [rows, width] = dimensions(hidden, 2, `The hidden states of ${loss} (M, D)`)
  const [classes, inputs] = dimensions(weight, 2, `The weight of ${loss} (V, D)`)
  expectWidth(`The weight of ${loss}`, width, inputs)
  const [labelled] = dimensions(labels, 1, `The labels of ${loss} (M)`)
  const [counts] = dimensions(candidates.labelLogCounts, 1, `The labels' counts of ${loss} (M)`)
  if (labelled !== rows || counts !== rows) {
    throw new Error(
      `The labels of ${loss} must be one for each row, with a count each, got ${labelled} labels and ${counts} counts ` +
        `for ${rows} rows.`,
    )
  }
  if (labels.dtype !== 'int32') throw new Error(`The labels of ${loss} must be int32, got ${labels.dtype}.`)
  if (bias && bias.shape.join() !== String(classes)) {
    throw new Error(`The bias of ${loss} must have shape [${classes}], got [${bias.shape.join(', ')}].`)
  }
  const counted = tf.notEqual(labels, integer(ignoreIndex))
  const real = tf.mul(labels, tf.cast(counted, 'int32'))
  // Gathered together, the rows' gradients are added to one table instead of two.
  const ids = tf.concat([real, candidates.ids], 0)
  const sampled = candidates.ids.size
  const [own, others] = tf.split(tf.gather(weight, ids), [rows, sampled], 0) as [tf.Tensor, tf.Tensor]
  let ofLabel = tf.sum(tf.mul(hidden, own), 1)
  let ofCandidates = tf.matMul(hidden, others, false, true)
  if (bias) {
    const [ownBias, otherBias] = tf.split(tf.gather(bias, ids), [rows, sampled], 0) as [tf.Tensor, tf.Tensor]
    ofLabel = tf.add(ofLabel, ownBias)
    ofCandidates = tf.add(ofCandidates, otherBias)
  }
  const hits = tf.cast(tf.equal(tf.expandDims(real, 1), tf.expandDims(candidates.ids, 0)), 'float32')
  return { ofLabel, ofCandidates, hits, kept: tf.cast(counted, 'float32') }
}
