import { crossEntropy, type Forward, klDivergence, type SummedLoss } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import { type Batch, type BatchPlan, makeBatch } from '../data/batches.js'
import { type Examples, sequence } from '../data/examples.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import { PAD } from '../special-tokens.js'
import { firstPosition, type TeacherTargets } from './teacher-targets.js'

/** A batch of N × L target positions with what a teacher says of each: K candidates. */
export interface DistillationBatch extends Batch {
  /** int32 (N·L·K, 2): position and token of each candidate */
  candidates: tf.Tensor
  /** float32 (N·L·K): 0 at padding */
  probabilities: tf.Tensor
}

/** The tensors of a planned batch; the caller disposes them. */
export function makeDistillationBatch(examples: Examples, plan: BatchPlan, teacher: TeacherTargets): DistillationBatch {
  const { bucket: { rows, length }, members } = plan
  const { candidates: k } = teacher
  const pairs = new Int32Array(rows * length * k * 2)
  const probabilities = new Float32Array(rows * length * k)
  for (let i = 0; i < probabilities.length; i++) pairs[2 * i] = Math.floor(i / k)
  for (const [row, member] of members.entries()) {
    const example = member % examples.count
    const from = firstPosition(examples, example) * k
    const at = row * length * k
    const size = (sequence(examples.targets, example).length + 1) * k
    probabilities.set(teacher.probabilities.subarray(from, from + size), at)
    for (let i = 0; i < size; i++) pairs[2 * (at + i) + 1] = teacher.ids[from + i] as number
  }
  return {
    ...makeBatch(examples, plan),
    candidates: tf.tensor2d(pairs, [probabilities.length, 2], 'int32'),
    probabilities: tf.tensor1d(probabilities),
  }
}

export interface DistillationSettings {
  /** α: share of the loss that is the teacher's. */
  weight: number
  temperature: number
  labelSmoothing: number
}

/**
 * (1 − α) · cross-entropy with the labels + α · T² · KL(teacher ‖ student), both softened by T, summed over target
 * positions: word-level distillation (Kim and Rush 2016, section 3.1; Hinton et al. 2015).
 */
export function distillationLoss(
  model: EncoderDecoder,
  batch: DistillationBatch,
  context: Forward,
  { weight, temperature, labelSmoothing }: DistillationSettings,
): SummedLoss {
  const logits = model.logits(batch, context)
  const labels = tf.reshape(batch.labels, [-1])
  const hard = crossEntropy(logits, labels, { ignoreIndex: PAD, labelSmoothing })
  const teacher = tf.scatterND(batch.candidates, batch.probabilities, logits.shape as [number, number])
  const softened = temperature === 1 ? logits : tf.div(logits, temperature)
  const soft = klDivergence(softened, teacher, { weights: tf.notEqual(labels, PAD) })
  const sum = tf.add(tf.mul(hard.sum, 1 - weight), tf.mul(soft.sum, weight * temperature ** 2))
  return { sum: sum as tf.Scalar, count: hard.count }
}
