import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'

/** Throws unless `scores` is (M, V) and `labels` int32 (M). `loss` names both in the errors. */
export function expectLabels(loss: string, scores: tf.Tensor, labels: tf.Tensor): [rows: number, classes: number] {
  const [rows, classes] = dimensions(scores, 2, `The logits of ${loss} (M, V)`)
  const [labelled] = dimensions(labels, 1, `The labels of ${loss} (M)`)
  if (labelled !== rows) throw new Error(`The labels of ${loss} must be one for each row, got ${labelled} for ${rows} rows.`)
  if (labels.dtype !== 'int32') throw new Error(`The labels of ${loss} must be int32, got ${labels.dtype}.`)
  return [rows, classes]
}

/**
 * x[m, labels[m]] for each row m of `x` (M, V): (M). A label outside 0 … V − 1 is an error when the result is read on
 * a CPU.
 */
export function scoreOfLabel(x: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const [rows, size] = x.shape as [number, number]
  // A negative place would be read from the end of its row; one past the end is an error.
  const classes = tf.where(tf.less(labels, integer(0)), integer(size), labels)
  const places = tf.stack([iota(rows), classes], 1)
  return customGradient((save, x) => {
    save([places])
    return {
      value: tf.gatherND(x, places),
      gradient: (dy, [places]) => [tf.scatterND(places as tf.Tensor, dy, [rows, size])],
    }
  }, x)
}

/** `x` (M, V) with the label's entry of each row so low that no maximum or exponential sees it. */
export function withoutLabel(x: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const ofLabel = tf.oneHot(labels as tf.Tensor1D, x.shape[1] as number, 1, 0, 'bool')
  return tf.where(ofLabel, tf.fill(x.shape, -1e30), x)
}
