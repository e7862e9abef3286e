import { tf } from '@parlance/runtime'
import { dimensions, expectSize } from '../dimensions.js'

/**
 * Sinusoidal positions: Vaswani et al. 2017, section 3.5. Entry (t, 2i) is sin(p_t / 10000^(2i/width)) and entry
 * (t, 2i + 1) is cos of the same.
 *
 * @param positions int32 (T)
 * @param width even
 * @returns (T, width)
 */
export function sinusoidalPositions(positions: tf.Tensor, width: number): tf.Tensor2D {
  dimensions(positions, 1, 'Positions (T)')
  expectSize('The width of sinusoidal positions', width, 2)
  if (width % 2 !== 0) throw new Error(`The width of sinusoidal positions must be even, got ${width}.`)
  const rates = Float32Array.from({ length: width / 2 }, (_, i) => 10000 ** ((-2 * i) / width))
  return tf.tidy(() => {
    const angles = tf.mul(tf.expandDims(tf.cast(positions, 'float32'), 1), tf.tensor1d(rates))
    return tf.reshape(tf.stack([tf.sin(angles), tf.cos(angles)], 2), [-1, width]) as tf.Tensor2D
  })
}
