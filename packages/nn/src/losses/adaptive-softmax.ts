import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import { Linear } from '../layers/linear.js'
import { Module } from '../module.js'
import { crossEntropy } from './cross-entropy.js'
import type { SummedLoss } from './summed.js'

export interface AdaptiveSoftmaxOptions {
  inputs: number
  /** V. The classes must be in order of falling frequency. */
  classes: number
  /** Where the clusters of the tail begin, rising, between 0 and `classes`: [2000, 10000] makes two of them. */
  cutoffs: readonly number[]
  /** Cluster i of the tail (from 1) has width inputs / divisorⁱ. Default 4. */
  divisor?: number
  /** Default false. */
  headBias?: boolean
  /**
   * For each cluster of the tail, the share of a batch's rows that its part of the loss is computed for, in (0, 1]: a
   * traced step has static shapes, and without a bound every cluster is computed for every row. In a batch with more
   * labels of the cluster, the first ones stand for the others. Choose about twice the cluster's share of the text;
   * default 1 each: exact.
   */
  rowShares?: readonly number[]
  random: Random
}

/**
 * Adaptive softmax (Grave, Joulin, Cissé, Grangier and Jégou 2017): frequent classes and one entry for each cluster of
 * rare ones in a first softmax, the rare ones within their cluster in a second one of smaller width. Parameters are
 * named as in PyTorch's AdaptiveLogSoftmaxWithLoss.
 */
export class AdaptiveSoftmax extends Module {
  /** (cutoffs[0] + clusters, inputs) */
  readonly head: Linear
  /** For each cluster of the tail, down to its width and up to its classes. */
  readonly tail: [down: Linear, up: Linear][]
  /** Where the clusters end, `classes` last. */
  private readonly ends: readonly number[]
  private readonly rowShares: readonly number[]
  private readonly inputs: number

  constructor({ inputs, classes, cutoffs, divisor = 4, headBias = false, rowShares, random }: AdaptiveSoftmaxOptions) {
    super()
    expectSize('The inputs of AdaptiveSoftmax', inputs)
    expectSize('The classes of AdaptiveSoftmax', classes)
    const ends = [...cutoffs, classes]
    if (cutoffs.length === 0 || ends.some((end, i) => !Number.isInteger(end) || end <= (ends[i - 1] ?? 0))) {
      throw new Error(
        `The cutoffs of AdaptiveSoftmax must be whole numbers that rise between 0 and its ${classes} classes, got ` +
          `[${cutoffs.join(', ')}].`,
      )
    }
    if (!(divisor >= 1)) throw new Error(`The divisor of AdaptiveSoftmax must be 1 or more, got ${divisor}.`)
    const shares = rowShares ?? cutoffs.map(() => 1)
    if (shares.length !== cutoffs.length || shares.some((share) => !(share > 0 && share <= 1))) {
      throw new Error(
        `The row shares of AdaptiveSoftmax must be one number in (0, 1] for each of its ${cutoffs.length} clusters, got ` +
          `[${shares.join(', ')}].`,
      )
    }
    this.inputs = inputs
    this.ends = ends
    this.rowShares = shares
    const shortlist = cutoffs[0] as number
    this.head = new Linear({ inputs, outputs: shortlist + cutoffs.length, bias: headBias, random: random.fork('head') })
    this.tail = cutoffs.map((start, i) => {
      const width = Math.max(1, Math.floor(inputs / divisor ** (i + 1)))
      const linear = (name: string, from: number, to: number): Linear =>
        new Linear({ inputs: from, outputs: to, bias: false, random: random.fork('tail', i, name) })
      return [linear('down', inputs, width), linear('up', width, (ends[i + 1] as number) - start)]
    })
  }

  /**
   * −Σ log p(label), in nats. Each label that is not `ignoreIndex` counts.
   *
   * @param hidden (M, inputs)
   * @param labels int32 (M), each in 0 … classes − 1 or `ignoreIndex`; another is an error when the loss is read on a CPU
   * @param ignoreIndex a negative number. Default −100
   */
  forward(hidden: tf.Tensor, labels: tf.Tensor, ignoreIndex = -100): SummedLoss {
    const [rows] = this.rowsOf(hidden)
    const [labelled] = dimensions(labels, 1, 'The labels of AdaptiveSoftmax (M)')
    if (labelled !== rows) throw new Error(`The labels of AdaptiveSoftmax must be one for each row, got ${labelled} for ${rows} rows.`)
    if (labels.dtype !== 'int32') throw new Error(`The labels of AdaptiveSoftmax must be int32, got ${labels.dtype}.`)
    if (!(ignoreIndex < 0)) throw new Error(`The ignored label of AdaptiveSoftmax must be negative, got ${ignoreIndex}.`)
    // A label beyond all clusters gets a place beyond the head, which cross-entropy reports.
    const shortlist = this.ends[0] as number
    const passed = tf.addN(this.ends.map((end) => tf.cast(tf.greaterEqual(labels, integer(end)), 'int32')))
    const inHead = tf.where(tf.less(labels, integer(shortlist)), labels, tf.add(passed, integer(shortlist - 1)))
    const { sum, count } = crossEntropy(this.head.forward(hidden), inHead, { ignoreIndex })
    const tails = this.tail.map((_, i) => this.tailLoss(i, hidden, labels))
    return { sum: tf.addN([sum, ...tails]) as tf.Scalar, count }
  }

  /** log p of every class, (M, classes), from hidden states (M, inputs). */
  logProbabilities(hidden: tf.Tensor): tf.Tensor {
    const [rows] = this.rowsOf(hidden)
    const shortlist = this.ends[0] as number
    const head = tf.logSoftmax(this.head.forward(hidden))
    const tails = this.tail.map((_, i) =>
      tf.add(tf.logSoftmax(this.tailLogits(i, hidden)), tf.slice(head, [0, shortlist + i], [rows, 1])),
    )
    return tf.concat([tf.slice(head, [0, 0], [rows, shortlist]), ...tails], 1)
  }

  /** The most probable class of each row: int32 (M), from hidden states (M, inputs). */
  predict(hidden: tf.Tensor): tf.Tensor {
    return tf.argMax(this.logProbabilities(hidden), 1)
  }

  private rowsOf(hidden: tf.Tensor): [rows: number, width: number] {
    const shape = dimensions(hidden, 2, 'The hidden states of AdaptiveSoftmax (M, inputs)')
    expectWidth('AdaptiveSoftmax', shape[1], this.inputs)
    return shape
  }

  private tailLogits(i: number, hidden: tf.Tensor): tf.Tensor {
    const [down, up] = this.tail[i] as [Linear, Linear]
    return up.forward(down.forward(hidden))
  }

  /** −Σ log p(label | its cluster) over the labels of cluster i of the tail, a scalar. */
  private tailLoss(i: number, hidden: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    const [rows] = hidden.shape as [number]
    const [start, end] = [this.ends[i] as number, this.ends[i + 1] as number]
    const inside = tf.logicalAnd(tf.greaterEqual(labels, integer(start)), tf.less(labels, integer(end)))
    const targets = tf.where(inside, tf.sub(labels, integer(start)), tf.fill([rows], -100, 'int32'))
    const most = Math.ceil((this.rowShares[i] as number) * rows)
    if (most === rows) return crossEntropy(this.tailLogits(i, hidden), targets).sum
    // The cluster's rows first, in their order; the highest ranks are taken.
    const rank = tf.sub(tf.mul(tf.cast(inside, 'int32'), integer(rows)), iota(rows))
    const { indices } = tf.topk(tf.cast(rank, 'float32'), most)
    const { sum } = crossEntropy(this.tailLogits(i, tf.gather(hidden, indices)), tf.gather(targets, indices))
    const found = tf.sum(tf.cast(inside, 'float32'))
    return tf.mul(sum, tf.maximum(tf.div(found, most), 1))
  }
}
