import { tf } from '@parlance/runtime'
import { PAD } from '../special-tokens.js'

/** M2M100 numbers positions from the one after the padding token's id. */
const FIRST_POSITION = PAD + 1

/**
 * Sinusoidal positions (Vaswani et al. 2017, section 3.5) as Tensor2Tensor and M2M100 lay them out: position p is
 * [sin(p·r₀) … sin(p·rₕ₋₁), cos(p·r₀) … cos(p·rₕ₋₁)] with h = width / 2 and rᵢ = 10000^(−i/(h − 1)).
 *
 * @param positions int32 (T), from 0
 * @returns (T, width)
 */
export function positionEncodings(positions: tf.Tensor, width: number): tf.Tensor {
  const half = width / 2
  const rates = Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / Math.max(half - 1, 1)))
  const shifted = tf.add(tf.cast(positions, 'float32'), FIRST_POSITION)
  const angles = tf.mul(tf.expandDims(shifted, 1), tf.tensor1d(rates))
  return tf.concat([tf.sin(angles), tf.cos(angles)], 1)
}
