import { inference } from '@parlance/nn'
import { jit, tf } from '@parlance/runtime'
import { type Batch, type BatchPlan, makeBatch } from '../data/batches.js'
import { type Examples, sequence } from '../data/examples.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'

/**
 * What a teacher says at each target position of each example, the end included: its K most probable tokens, and how
 * probable they are among each other.
 */
export interface TeacherTargets {
  readonly candidates: number
  /** (positions × K), example after example */
  readonly ids: Int32Array
  /** (positions × K), rows sum to 1 */
  readonly probabilities: Float32Array
}

/** The first position of an example: those before have an end token each. */
export function firstPosition({ targets }: Examples, example: number): number {
  return (targets.starts[example] as number) + example
}

export interface TeacherOptions {
  /** K, at most the size of the vocabulary. */
  candidates: number
  /** T of softmax(logits / T) over the K. */
  temperature: number
  /** Told how many examples are done, after each batch. */
  onProgress?: (examples: number) => void
}

/**
 * Asks the teacher once for all examples, without dropout, before training begins. A student that passes over its data ten
 * times then pays for the teacher once, where a teacher in the training step would compute the same ten times; and what
 * is kept, 8 bytes a candidate, does not depend on how batches are put together, so that a resumed run sees the same.
 *
 * @param plans batches that hold every example once
 */
export function askTeacher(
  teacher: EncoderDecoder,
  examples: Examples,
  plans: readonly BatchPlan[],
  { candidates, temperature, onProgress }: TeacherOptions,
): TeacherTargets {
  const positions = firstPosition(examples, examples.count)
  const ids = new Int32Array(positions * candidates)
  const probabilities = new Float32Array(positions * candidates)
  const best = jit((batch: Batch) => {
    const { values, indices } = tf.topk(teacher.logits(batch, inference), candidates)
    return { probabilities: tf.softmax(tf.div(values, temperature)), indices }
  })
  let done = 0
  for (const plan of plans) {
    const batch = makeBatch(examples, plan)
    const found = best(batch)
    const [foundIds, foundProbabilities] = [found.indices.dataSync() as Int32Array, found.probabilities.dataSync() as Float32Array]
    tf.dispose([batch, found])
    const rowSize = plan.bucket.length * candidates
    for (const [row, example] of plan.members.entries()) {
      const to = firstPosition(examples, example) * candidates
      const size = (sequence(examples.targets, example).length + 1) * candidates
      ids.set(foundIds.subarray(row * rowSize, row * rowSize + size), to)
      probabilities.set(foundProbabilities.subarray(row * rowSize, row * rowSize + size), to)
    }
    onProgress?.((done += plan.members.length))
  }
  best.dispose()
  return { candidates, ids, probabilities }
}
