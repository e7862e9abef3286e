import { tf } from '@parlance/runtime'
import { customGradient } from './custom-gradient.js'

/** The activations of a feed-forward layer. */
export type Activation = 'gelu' | 'relu'

/** x · Φ(x) with Φ the normal distribution function, exact by erf: Hendrycks and Gimpel 2016. Any shape. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return customGradient((save, x) => {
    const distribution = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5)
    save([x, distribution])
    return {
      value: tf.mul(x, distribution),
      gradient: (dy, saved) => {
        const [x, distribution] = saved as [tf.Tensor, tf.Tensor]
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
        return [tf.mul(dy, tf.add(distribution, tf.mul(x, density)))]
      },
    }
  }, x)
}

/** The function that an activation's name stands for. */
export function activate(name: Activation, x: tf.Tensor): tf.Tensor {
  return name === 'gelu' ? gelu(x) : tf.relu(x)
}
