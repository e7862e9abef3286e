import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import type { CrossEntropyOptions } from './cross-entropy.js'
import { rowTargets, type RowTargets, softmaxRows, softmaxRowsGradient } from './softmax-rows.js'
import type { SummedLoss } from './summed.js'

export interface LinearCrossEntropyOptions extends CrossEntropyOptions {
  /** (V), added to the logits. */
  bias?: tf.Tensor
  /** Rows whose logits are computed at a time. Default 256. */
  chunkRows?: number
}

/**
 * `crossEntropy(hidden · weightᵀ + bias, targets)` without its logits: chunks of rows are taken one after the other,
 * and the gradients by `hidden`, `weight` and `bias` computed with each chunk's loss, so that (chunkRows, V) is the most
 * that lives at a time, where the plain loss holds (M, V) several times.
 *
 * @param hidden (M, D)
 * @param weight (V, D): a `Linear`'s weight, or the tied embedding's
 * @param targets int32 (M), each in 0 … V − 1 or `ignoreIndex`; another is an error when the loss is read on a CPU
 */
export function linearCrossEntropy(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  targets: tf.Tensor,
  { bias, chunkRows = 256, ignoreIndex = -100, labelSmoothing = 0, weights }: LinearCrossEntropyOptions = {},
): SummedLoss {
  const [rows, width] = dimensions(hidden, 2, 'The hidden states of linear cross-entropy (M, D)')
  const [size, inputs] = dimensions(weight, 2, 'The weight of linear cross-entropy (V, D)')
  expectWidth('The weight of linear cross-entropy', width, inputs)
  expectSize('The chunk of linear cross-entropy', chunkRows)
  if (bias && bias.shape.join() !== String(size)) {
    throw new Error(`The bias of linear cross-entropy must have shape [${size}], got [${bias.shape.join(', ')}].`)
  }
  const all = rowTargets(rows, size, targets, { ignoreIndex, labelSmoothing, weights })
  // Outside of a gradient's computation nobody will ask for it, and nothing may wait for it.
  const differentiated = tf.engine().isTapeOn()
  const parameters = bias ? [hidden, weight, bias] : [hidden, weight]
  const sum = customGradient((save, ...inputs) => {
    const chunks = computeChunks(inputs, all, { chunkRows, labelSmoothing, differentiated })
    save(chunks.gradients)
    return { value: chunks.sum, gradient: (dy, gradients) => gradients.map((gradient) => tf.mul(gradient, dy)) }
  }, ...parameters) as tf.Scalar
  return { sum, count: tf.sum(all.kept) as tf.Scalar }
}

interface ChunkOptions {
  chunkRows: number
  labelSmoothing: number
  differentiated: boolean
}

/** The loss and, by each of the parameters hidden, weight and bias, its gradient. */
function computeChunks(
  [hidden, weight, bias]: tf.Tensor[],
  { classes, kept }: RowTargets,
  { chunkRows, labelSmoothing, differentiated }: ChunkOptions,
): { sum: tf.Tensor; gradients: tf.Tensor[] } {
  const [rows] = (hidden as tf.Tensor).shape as [number, number]
  const toHidden: tf.Tensor[] = []
  let toWeight: tf.Tensor | undefined
  let toBias: tf.Tensor | undefined
  let sum: tf.Tensor | undefined
  let done: tf.Tensor | undefined
  for (let start = 0; start < rows; start += chunkRows) {
    const count = Math.min(chunkRows, rows - start)
    const rowsOf = (x: tf.Tensor): tf.Tensor => tf.slice(x, [start], [count])
    const chunk = takeRows(hidden as tf.Tensor, start, count, done)
    const scale = rowsOf(kept)
    const product = tf.matMul(chunk, weight as tf.Tensor, false, true)
    const logits = bias ? tf.add(product, bias) : product
    const { losses, probabilities, places } = softmaxRows(logits, rowsOf(classes), labelSmoothing)
    sum = plus(sum, tf.sum(tf.mul(losses, scale)))
    const results = [sum]
    if (differentiated) {
      const toLogits = softmaxRowsGradient(probabilities, places, scale, labelSmoothing)
      const ofChunk = tf.matMul(toLogits, weight as tf.Tensor)
      toHidden.push(ofChunk)
      toWeight = plus(toWeight, tf.matMul(toLogits, chunk, true, false))
      results.push(ofChunk, toWeight)
      if (bias) results.push((toBias = plus(toBias, tf.sum(toLogits, 0))))
    }
    done = tf.addN(results.map(firstElement))
  }
  const gradients = differentiated ? [tf.concat(toHidden, 0), toWeight as tf.Tensor] : []
  return { sum: sum as tf.Tensor, gradients: toBias ? [...gradients, toBias] : gradients }
}

/**
 * Rows `start` … `start + count − 1` of `x`, not before `done` has been computed: a graph's operators may run in any
 * order that their inputs allow, and all chunks at once would take the memory that chunks are to save.
 */
function takeRows(x: tf.Tensor, start: number, count: number, done: tf.Tensor | undefined): tf.Tensor {
  if (!done) return tf.slice(x, [start, 0], [count, -1])
  // No number is less than itself, NaN neither: this is `start`, in a way that no compiler sees through.
  const first = tf.add(tf.cast(tf.less(done, done), 'int32'), integer(start))
  return tf.gather(x, tf.add(iota(count), first))
}

function firstElement(x: tf.Tensor): tf.Tensor {
  if (x.rank === 0) return x
  return tf.reshape(tf.slice(x, x.shape.map(() => 0), x.shape.map(() => 1)), [])
}

function plus(total: tf.Tensor | undefined, term: tf.Tensor): tf.Tensor {
  return total ? tf.add(total, term) : term
}
