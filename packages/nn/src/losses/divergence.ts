import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { expectPositive, expectSameShape, summed, type SummedLoss, type WeightOptions } from './summed.js'

/**
 * Σ KL(p ‖ softmax(logits)) = Σ p (log p − log q), in nats, over distributions along the last axis; 0 log 0 is 0. Each
 * distribution counts. The gradient reaches the logits alone.
 *
 * @param logits (…, V)
 * @param targets p of the same shape, each row a distribution
 */
export function klDivergence(logits: tf.Tensor, targets: tf.Tensor, { weights }: WeightOptions = {}): SummedLoss {
  expectSameShape('the logits', logits, 'The targets of KL divergence', targets)
  const logTargets = tf.log(tf.where(tf.greater(targets, 0), targets, tf.onesLike(targets)))
  return summed('KL divergence', divergences(logits, targets, logTargets), weights)
}

export interface DistillationOptions extends WeightOptions {
  /** T, which both distributions are softened by. Default 1. */
  temperature?: number
}

/**
 * T² Σ KL(softmax(teacher/T) ‖ softmax(student/T)) over distributions along the last axis: soft targets of Hinton,
 * Vinyals and Dean 2015, where T² keeps the size of the gradients. Each distribution counts. No gradient reaches the
 * teacher.
 *
 * @param student logits (…, V)
 * @param teacher logits of the same shape
 */
export function distillation(
  student: tf.Tensor,
  teacher: tf.Tensor,
  { temperature = 1, weights }: DistillationOptions = {},
): SummedLoss {
  expectSameShape("the student's logits", student, "The teacher's logits of distillation", teacher)
  expectPositive('The temperature of distillation', temperature)
  const soften = (logits: tf.Tensor): tf.Tensor => (temperature === 1 ? logits : tf.div(logits, temperature))
  const logTargets = tf.logSoftmax(soften(teacher))
  const terms = divergences(soften(student), tf.exp(logTargets), logTargets)
  return summed('distillation', tf.mul(terms, temperature ** 2), weights)
}

/**
 * Σ JS(softmax(a) ‖ softmax(b)) = Σ ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = ½ (p + q), in nats, over distributions along
 * the last axis: symmetric, at most log 2 each (Lin 1991). Each distribution counts, and both sides have a gradient.
 *
 * @param a logits (…, V)
 * @param b logits of the same shape
 */
export function jensenShannonDivergence(a: tf.Tensor, b: tf.Tensor, { weights }: WeightOptions = {}): SummedLoss {
  expectSameShape('the first logits', a, 'The second logits of Jensen–Shannon divergence', b)
  const [logP, logQ] = [tf.logSoftmax(a), tf.logSoftmax(b)]
  const logM = tf.sub(tf.logSumExp(tf.stack([logP, logQ]), 0), Math.LN2)
  const half = (log: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.exp(log), tf.sub(log, logM)), -1)
  return summed('Jensen–Shannon divergence', tf.mul(tf.add(half(logP), half(logQ)), 0.5), weights)
}

/** KL(p ‖ softmax(logits)) of each row; the gradient by the logits is q Σp − p, where deriving it takes many passes. */
function divergences(logits: tf.Tensor, targets: tf.Tensor, logTargets: tf.Tensor): tf.Tensor {
  return customGradient((save, logits) => {
    const logQ = tf.logSoftmax(logits)
    save([logQ, targets])
    return {
      value: tf.sum(tf.mul(targets, tf.sub(logTargets, logQ)), -1),
      gradient: (dy, saved) => {
        const [logQ, targets] = saved as [tf.Tensor, tf.Tensor]
        const toLogits = tf.sub(tf.mul(tf.exp(logQ), tf.sum(targets, -1, true)), targets)
        return [tf.mul(toLogits, tf.expandDims(dy, -1))]
      },
    }
  }, logits)
}
