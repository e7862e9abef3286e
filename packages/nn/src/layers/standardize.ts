import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'

/** x with mean 0 and deviation 1 over some axes, and what it was before, which has length 1 along them. */
export interface Standardized {
  value: tf.Tensor
  mean: tf.Tensor
  /** Σ (x − mean)² over how many there are. */
  variance: tf.Tensor
}

/**
 * (x − mean) / √(variance + ε) over `axes`, with its gradient by hand: with ŷ the result,
 * dx = (dy − mean(dy) − ŷ · mean(dy · ŷ)) / √(variance + ε). The mean and variance are differentiated only through ŷ.
 *
 * @param weights broadcast to x, with sum 1 over `axes`: how much each value counts in the means; default all alike
 */
export function standardize(x: tf.Tensor, axes: number[], epsilon: number, weights?: tf.Tensor): Standardized {
  const average = (values: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor =>
    weights ? tf.sum(tf.mul(values, weights), axes, true) : tf.mean(values, axes, true)
  const mean = average(x, weights)
  const variance = average(tf.square(tf.sub(x, mean)), weights)
  const inverse = tf.rsqrt(tf.add(variance, epsilon))
  const value = customGradient((save, x) => {
    const value = tf.mul(tf.sub(x, mean), inverse)
    save([value, inverse, ...(weights ? [weights] : [])])
    return {
      value,
      gradient: (dy, saved) => {
        const [value, inverse, weights] = saved as [tf.Tensor, tf.Tensor, tf.Tensor?]
        const along = tf.mul(value, average(tf.mul(dy, value), weights))
        return [tf.mul(tf.sub(tf.sub(dy, average(dy, weights)), along), inverse)]
      },
    }
  }, x)
  return { value, mean, variance }
}

/** A mask of the positions that count, as batch and group normalisation use it. */
export interface Counted {
  /** bool, of x's rank with one channel */
  kept: tf.Tensor
  /** float32, the same shape, 1 or 0 */
  ones: tf.Tensor
}

/** From `mask` of x's axes without the channels, of any type and not 0 where a position counts. Throws on other shapes. */
export function countedPositions(layer: string, x: tf.Tensor, mask: tf.Tensor): Counted {
  if (mask.shape.join() !== x.shape.slice(0, -1).join()) {
    throw new Error(`The mask of ${layer} must have the shape [${x.shape.slice(0, -1).join(', ')}], got [${mask.shape.join(', ')}].`)
  }
  const kept = tf.expandDims(tf.cast(mask, 'bool'), -1)
  return { kept, ones: tf.cast(kept, 'float32') }
}

/** `x` with zeros where a position does not count. */
export function clear(x: tf.Tensor, counted: Counted | undefined): tf.Tensor {
  return counted ? tf.where(counted.kept, x, tf.zerosLike(x)) : x
}
