import { gelu, tf } from '@parlance/runtime'

/** The activations of a feed-forward layer. */
export type Activation = 'gelu' | 'relu'

/** The function that an activation's name stands for. */
export function activate(name: Activation, x: tf.Tensor): tf.Tensor {
  return name === 'gelu' ? gelu(x) : tf.relu(x)
}
