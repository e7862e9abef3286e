import { ctcLoss, type Forward, type SummedLoss } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import { EMISSION_SLOPE } from '../training/emission.js'
import type { SpeechBatch } from '../training/batches.js'
import { BLANK } from '../tokens/blank.js'
import type { RecognizerModel } from './recognizer.js'

/**
 * What training minimises, summed over the batch, in nats: the loss of the model's kind, and CTC's at `ctcWeight`, as
 * (1 − w) · loss + w · CTC (Watanabe et al. 2017, equation 11). Tokens count.
 *
 * @param step int32 scalar: the pruned transducer loss warms up
 * @param weights (N), what each utterance counts for. Default 1
 */
export function recognizerLoss(model: RecognizerModel, batch: SpeechBatch, step: tf.Tensor, context: Forward, weights?: tf.Tensor): SummedLoss {
  const { features, frames, labels, labelLengths, earliest, latest } = batch
  const { config, ctc, transducer, attention } = model
  const { encoded, lengths } = model.encode(features, frames, context)
  const targets = { labels, labelLengths, frameLengths: lengths }
  const shares = weights ? { weights } : {}
  const weighted = (x: tf.Tensor): tf.Tensor => (weights ? tf.mul(x, weights) : x)
  const own = 1 - config.ctcWeight
  const losses: tf.Tensor[] = []
  if (transducer) losses.push(tf.mul(transducer.loss(encoded, { ...targets, windows: { earliest, latest, slope: EMISSION_SLOPE } }, context, step, shares), own))
  if (attention) losses.push(tf.mul(attention.loss(encoded, targets, config.attention.labelSmoothing, context, shares), own))
  if (ctc) {
    const loss = tf.sum(weighted(ctcLoss(ctc.forward(encoded), labels, lengths, labelLengths, BLANK)))
    losses.push(config.architecture === 'ctc' ? loss : tf.mul(loss, config.ctcWeight))
  }
  return { sum: tf.addN(losses).asScalar(), count: tf.sum(weighted(tf.cast(labelLengths, 'float32'))).asScalar() }
}
