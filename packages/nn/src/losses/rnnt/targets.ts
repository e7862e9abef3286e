import { tf } from '@parlance/runtime'
import { dimensions } from '../../dimensions.js'
import { iota } from '../../iota.js'

/** What a transducer is to emit. Padding never enters a loss: neither frames and labels beyond the lengths nor their ids. */
export interface RnntTargets {
  /** int32 (N, U), padded with any ids */
  labels: tf.Tensor
  /** int32 (N), each in 1 … T */
  frameLengths: tf.Tensor
  /** int32 (N), each in 0 … U */
  labelLengths: tf.Tensor
}

/** Throws unless the targets fit `examples` lattices whose label axis has `positions` = U + 1 positions. */
export function checkTargets({ labels, frameLengths, labelLengths }: RnntTargets, examples: number, positions: number): void {
  const [labelled, most] = dimensions(labels, 2, 'The labels of a transducer (N, U)')
  const [framed] = dimensions(frameLengths, 1, 'The frame lengths of a transducer (N)')
  const [lengths] = dimensions(labelLengths, 1, 'The label lengths of a transducer (N)')
  if (labelled !== examples || framed !== examples || lengths !== examples) {
    throw new Error(
      `A transducer loss needs as many labels and lengths as examples, got ${examples} examples, ${labelled} label rows, ` +
        `${framed} frame lengths and ${lengths} label lengths.`,
    )
  }
  if (most === 0) throw new Error('A transducer loss needs labels padded to one column at least, got none.')
  if (positions !== most + 1) {
    throw new Error(`The label axis of a lattice must be one longer than the labels, ${most + 1}, got ${positions}.`)
  }
  for (const tensor of [labels, frameLengths, labelLengths]) {
    if (tensor.dtype !== 'int32') throw new Error(`Labels and lengths of a transducer must be int32, got ${tensor.dtype}.`)
  }
}

/** Throws unless `blank` is one of `size` classes beside which there is another. */
export function checkBlank(blank: number, size: number): void {
  if (size < 2) throw new Error(`A transducer needs two classes at least, blank and a label, got ${size}.`)
  if (!Number.isInteger(blank) || blank < 0 || blank >= size) {
    throw new Error(`The blank of a transducer must lie in 0 … ${size - 1}, got ${blank}.`)
  }
}

/** For each position (N, U + 1) the label that an arc emits there: another than blank where there is none to emit. */
export function arcLabels({ labels, labelLengths }: RnntTargets, blank: number): tf.Tensor {
  const [examples, most] = labels.shape as [number, number]
  const other = tf.fill([examples, 1], blank === 0 ? 1 : 0, 'int32')
  const real = tf.less(tf.expandDims(iota(most), 0), tf.expandDims(labelLengths, 1))
  return tf.concat([tf.where(real, labels, other), other], 1)
}
