import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { iota } from '../iota.js'

/**
 * Where the real steps of a padded batch are, of whose examples only the first `lengths[n]` of T steps count. Batches
 * are time-major here: step t of example n is row t·N + n.
 */
export class PaddedTime {
  /** bool (T, N, 1) */
  private readonly real: tf.Tensor
  /** int32 (T·N): the row that takes a row's place when each example's real steps are reversed. */
  private readonly mirrored: tf.Tensor
  /** int32 (N): the row of each example's last real step, counted from 1; n where an example has none. */
  private readonly last: tf.Tensor

  /** @param lengths int32 (N), 0 … T each */
  constructor(
    readonly lengths: tf.Tensor,
    steps: number,
    examples: number,
  ) {
    const [count] = dimensions(lengths, 1, 'Lengths (N)')
    if (count !== examples || lengths.dtype !== 'int32') {
      throw new Error(`Lengths must be int32 and one for each of ${examples} examples, got ${count} of ${lengths.dtype}.`)
    }
    const step = tf.expandDims(iota(steps), 1)
    const example = iota(examples)
    const inside = tf.less(step, lengths)
    const mirror = tf.where(inside, tf.sub(tf.sub(lengths, tf.scalar(1, 'int32')), step), step)
    // Computed, so that an inference graph may have any number of examples.
    const each = tf.sum(tf.onesLike(lengths))
    const rowOf = (step: tf.Tensor): tf.Tensor => tf.add(tf.mul(step, each), example)
    this.real = tf.expandDims(inside, 2)
    this.mirrored = tf.reshape(rowOf(mirror), [-1])
    this.last = rowOf(lengths)
  }

  /** `x` (T, N, C) with zeros for all that is padding, whatever it was. */
  clear(x: tf.Tensor): tf.Tensor {
    return tf.where(this.real, x, tf.zerosLike(x))
  }

  /** `x` (T, N, C) with each example's real steps in reverse and its padding where it was. Its own inverse. */
  reverse(x: tf.Tensor): tf.Tensor {
    const rows = tf.reshape(x, [-1, x.shape[2] as number])
    return tf.reshape(permute(rows, this.mirrored), x.shape)
  }

  /**
   * Each example's row after its last real step.
   *
   * @param initial (N, C), for examples of no steps
   * @param rows (T·N, C)
   * @returns (N, C)
   */
  lastOf(initial: tf.Tensor, rows: tf.Tensor): tf.Tensor {
    return tf.gather(tf.concat([initial, rows], 0), this.last)
  }

  /** `last` (N, C), but `initial` (N, C) for examples of no steps. */
  orInitial(initial: tf.Tensor, last: tf.Tensor): tf.Tensor {
    return tf.where(tf.greater(tf.expandDims(this.lengths, 1), tf.scalar(0, 'int32')), last, initial)
  }
}

/** The rows of `x` in an order that is its own inverse, so that the gradient is the same gathering, not a scattering. */
function permute(x: tf.Tensor, order: tf.Tensor): tf.Tensor {
  return customGradient((save, x) => {
    save([order])
    return { value: tf.gather(x, order), gradient: (dy, [order]) => [tf.gather(dy, order as tf.Tensor)] }
  }, x)
}
