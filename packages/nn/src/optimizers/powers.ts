import { tf } from '@parlance/runtime'

/** 1 − βᵗ without the cancellation that float32 suffers where β is near 1: 1 − eˣ = −tanh(x/2)(1 + eˣ), x = t ln β. */
export function oneMinusPower(beta: number, step: tf.Tensor): tf.Tensor {
  const x = tf.mul(tf.cast(step, 'float32'), Math.log(beta))
  return tf.mul(tf.neg(tf.tanh(tf.mul(x, 0.5))), tf.add(tf.exp(x), 1))
}
