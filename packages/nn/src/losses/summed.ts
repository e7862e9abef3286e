import { tf } from '@parlance/runtime'

/** A loss as what can be added up over batches and processes. Both are float32 scalars. */
export interface SummedLoss {
  readonly sum: tf.Scalar
  /** How many terms the sum is over; where they have weights, the sum of these. */
  readonly count: tf.Scalar
}

/** What every loss that is a sum of equal terms takes. */
export interface WeightOptions {
  /**
   * Multiplies each term and is what the term counts for: 0 or false leaves it out. float32 or bool, of the shape of
   * the terms or one that broadcasts to it. Default 1 each.
   */
  weights?: tf.Tensor
}

/** sum / count, or 0 if nothing was counted. */
export function meanLoss({ sum, count }: SummedLoss): tf.Scalar {
  return tf.tidy(() => tf.div(sum, divisor(count)))
}

/** What a sum is divided by for its mean: the count, which fractional weights may bring below 1; 1 for that of nothing. */
export function divisor(count: tf.Tensor): tf.Tensor {
  return tf.where(tf.equal(count, 0), 1, count)
}

/** The mean of a sum and a count that were read. */
export function meanOf(sum: number, count: number): number {
  return sum / (count === 0 ? 1 : count)
}

/** Σ weights · terms and Σ weights. `name` is the loss's, for the error. */
export function summed(name: string, terms: tf.Tensor, weights?: tf.Tensor): SummedLoss {
  if (!weights) return { sum: tf.sum(terms) as tf.Scalar, count: tf.scalar(terms.size) }
  const factors = tf.broadcastTo(weightsFor(name, terms.shape, weights), terms.shape)
  return { sum: tf.sum(tf.mul(terms, factors)) as tf.Scalar, count: tf.sum(factors) as tf.Scalar }
}

/** Weights as float32; throws if they do not broadcast to `shape`. */
export function weightsFor(name: string, shape: readonly number[], weights: tf.Tensor): tf.Tensor {
  const axes = shape.length - weights.rank
  if (axes < 0 || weights.shape.some((length, axis) => length !== 1 && length !== shape[axis + axes])) {
    throw new Error(
      `The weights of ${name} must have the shape of its terms, [${shape.join(', ')}], or one that broadcasts to it; ` +
        `got [${weights.shape.join(', ')}].`,
    )
  }
  return tf.cast(weights, 'float32')
}

/** Throws unless `b` has the shape of `a`; both are named with what they are. */
export function expectSameShape(nameA: string, a: tf.Tensor, nameB: string, b: tf.Tensor): void {
  if (a.shape.join() === b.shape.join()) return
  throw new Error(`${nameB} must have the shape of ${nameA}, [${a.shape.join(', ')}], got [${b.shape.join(', ')}].`)
}

/** Throws unless `value` is a finite number above 0. */
export function expectPositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new Error(`${name} must be a positive number, got ${value}.`)
}

/** Throws unless `value` is a finite number of 0 or more. */
export function expectNonNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new Error(`${name} must be a number of 0 or more, got ${value}.`)
}
