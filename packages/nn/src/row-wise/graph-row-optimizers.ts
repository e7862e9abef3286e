import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'
import { iota } from '../iota.js'
import { checkFractions, checkNotNegative } from '../optimizers/checks.js'
import { oneMinusPower } from '../optimizers/powers.js'

/**
 * Gives every row of `gradients` (N, width) the sum over the rows of its id, so that ids that are there several times
 * are all written with one value. One of the places of each id, whichever the scatter left, stands for it.
 */
function sumDuplicates(ids: tf.Tensor1D, gradients: tf.Tensor, rows: number): tf.Tensor {
  const [count] = ids.shape
  const places = tf.tensorScatterUpdate(tf.zeros([rows], 'int32'), tf.expandDims(ids, 1), iota(count))
  const representatives = tf.gather(places, ids) as tf.Tensor1D
  return tf.gather(tf.unsortedSegmentSum(gradients, representatives, count), representatives)
}

/**
 * An optimizer of a table in the graph that computes only with the rows that a batch uses. Its gradients are those of
 * the gathered rows, which no dense gradient is made of:
 *
 *     const rows = tf.gather(table, ids)
 *     const { value, grad } = tf.valueAndGrad(loss)(rows)
 *     optimizer.apply(ids, grad, learningRate, step)
 */
abstract class GraphRowOptimizer {
  private readonly slots = new Map<string, tf.Variable>()

  /** @throws Error for a table that does not have two axes. */
  constructor(private readonly table: tf.Variable) {
    dimensions(table, 2, 'The table of a row-wise optimizer (rows, width)')
  }

  protected slot(name: string, shape: readonly number[]): tf.Variable {
    const variable = tf.tidy(() => tf.variable(tf.zeros([...shape]), false))
    this.slots.set(name, variable)
    return variable
  }

  /**
   * Updates the rows of `ids`; the gradients of a row that is there several times are summed first. May be traced.
   *
   * @param ids int32 (N)
   * @param gradients (N, width)
   * @param learningRate float32 scalar
   * @param step int32 scalar, 1 for the first update
   */
  apply(ids: tf.Tensor1D, gradients: tf.Tensor, learningRate: tf.Tensor, step: tf.Tensor): void {
    const { table } = this
    const [rows, width] = table.shape as [number, number]
    if (ids.dtype !== 'int32' || gradients.shape.join() !== [ids.size, width].join()) {
      throw new Error(
        `A row-wise optimizer needs int32 ids (N) and gradients (N, ${width}), got ${ids.dtype} [${ids.shape.join(', ')}] ` +
          `and [${gradients.shape.join(', ')}].`,
      )
    }
    tf.tidy(() => {
      const change = this.change(ids, sumDuplicates(ids, gradients, rows), learningRate, step)
      this.write(table, ids, tf.sub(tf.gather(table, ids), change))
    })
  }

  /** Moves the state of the rows on and gives what is to be subtracted from them. */
  protected abstract change(ids: tf.Tensor1D, gradients: tf.Tensor, learningRate: tf.Tensor, step: tf.Tensor): tf.Tensor

  /** Sets rows of a table or slot. */
  protected write(to: tf.Variable, ids: tf.Tensor1D, values: tf.Tensor): void {
    to.assign(tf.tensorScatterUpdate(to, tf.expandDims(ids, 1), values))
  }

  /** The state besides the table, by name; assigning the variables restores it. */
  state(): Map<string, tf.Variable> {
    return new Map(this.slots)
  }

  /** Frees the state. */
  dispose(): void {
    for (const variable of this.slots.values()) variable.dispose()
  }
}

/** `RowSGD` in the graph. */
export class GraphRowSGD extends GraphRowOptimizer {
  protected override change(_: tf.Tensor1D, gradients: tf.Tensor, learningRate: tf.Tensor): tf.Tensor {
    return tf.mul(gradients, learningRate)
  }
}

/** `RowAdagrad` in the graph: one sum of squares for each row. */
export class GraphRowAdagrad extends GraphRowOptimizer {
  private readonly epsilon: number
  private readonly sums: tf.Variable

  /** @param options.epsilon added to the root in the denominator; default 1e-10 */
  constructor(table: tf.Variable, { epsilon = 1e-10 }: { epsilon?: number } = {}) {
    checkNotNegative('GraphRowAdagrad', { epsilon })
    super(table)
    this.epsilon = epsilon
    this.sums = this.slot('sum', [table.shape[0] as number, 1])
  }

  protected override change(ids: tf.Tensor1D, gradients: tf.Tensor, learningRate: tf.Tensor): tf.Tensor {
    const sum = tf.add(tf.gather(this.sums, ids), tf.mean(tf.mul(gradients, gradients), 1, true))
    this.write(this.sums, ids, sum)
    return tf.mul(gradients, tf.div(learningRate, tf.add(tf.sqrt(sum), this.epsilon)))
  }
}

/** `RowAdam` in the graph: moments move only where a row has a gradient. */
export class GraphRowAdam extends GraphRowOptimizer {
  private readonly beta1: number
  private readonly beta2: number
  private readonly epsilon: number
  private readonly first: tf.Variable
  private readonly second: tf.Variable

  /** Options as those of `RowAdam`. */
  constructor(
    table: tf.Variable,
    { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: { beta1?: number; beta2?: number; epsilon?: number } = {},
  ) {
    checkFractions('GraphRowAdam', { beta1, beta2 })
    checkNotNegative('GraphRowAdam', { epsilon })
    super(table)
    this.beta1 = beta1
    this.beta2 = beta2
    this.epsilon = epsilon
    this.first = this.slot('first_moment', table.shape)
    this.second = this.slot('second_moment', table.shape)
  }

  protected override change(ids: tf.Tensor1D, gradients: tf.Tensor, learningRate: tf.Tensor, step: tf.Tensor): tf.Tensor {
    const { beta1, beta2 } = this
    const m = tf.add(tf.mul(tf.gather(this.first, ids), beta1), tf.mul(gradients, 1 - beta1))
    const squares = tf.mul(tf.mul(gradients, gradients), 1 - beta2)
    const v = tf.add(tf.mul(tf.gather(this.second, ids), beta2), squares)
    this.write(this.first, ids, m)
    this.write(this.second, ids, v)
    const rate = tf.div(tf.mul(learningRate, tf.sqrt(oneMinusPower(beta2, step))), oneMinusPower(beta1, step))
    return tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), this.epsilon))
  }
}
