import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'

/** |x| with gradient 0 at 0, where TF.js's own is −1. */
export function absolute(x: tf.Tensor): tf.Tensor {
  return customGradient((save, x) => {
    save([tf.sign(x)])
    return { value: tf.abs(x), gradient: (dy, [sign]) => [tf.mul(dy, sign as tf.Tensor)] }
  }, x)
}
