import { gelu, tf } from '@parlance/runtime'

/** The activations of a feed-forward layer. SiLU, x · σ(x), is also called swish (Ramachandran, Zoph and Le 2017). */
export type Activation = 'gelu' | 'relu' | 'silu'

/** What the gate of a gated linear unit may go through. */
export type Gate = Activation | 'sigmoid'

/** The function that an activation's name stands for. */
export function activate(name: Gate, x: tf.Tensor): tf.Tensor {
  switch (name) {
    case 'gelu':
      return gelu(x)
    case 'relu':
      return tf.relu(x)
    case 'silu':
      return tf.mul(x, tf.sigmoid(x))
    case 'sigmoid':
      return tf.sigmoid(x)
  }
}
