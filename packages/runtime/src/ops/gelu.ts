import { BACKEND_NAME } from '../backend/backend.js'
import type { Value } from '../graph/graph.js'
import { kernel, op } from '../kernels/registry.js'
import { tf } from '../tf.js'

/** x · Φ(x) with Φ the normal distribution function, exact by erf: Hendrycks and Gimpel 2016. Any shape. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const apply = tf.customGrad((...parts) => {
    const x = parts[0] as tf.Tensor
    const save = parts.at(-1) as unknown as (tensors: tf.Tensor[]) => void
    save([x])
    return { value: forward(x), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved[0] as tf.Tensor) }
  })
  return apply(x)
}

function forward(x: tf.Tensor): tf.Tensor {
  if (tf.getBackend() === BACKEND_NAME) return tf.engine().runKernel('Gelu', { x })
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
}

/** Φ(x) + x φ(x), where with z = x/√2: Φ = ½ + ½ erf(z) and x φ(x) = z e^(−z²) / √π. */
function backward(dy: tf.Tensor, x: tf.Tensor): tf.Tensor[] {
  const z = tf.mul(x, Math.SQRT1_2)
  const density = tf.mul(tf.mul(z, 1 / Math.sqrt(Math.PI)), tf.exp(tf.neg(tf.mul(z, z))))
  return [tf.mul(dy, tf.add(tf.add(tf.mul(tf.erf(z), 0.5), density), 0.5))]
}

export function registerGelu(): void {
  kernel('Gelu', ({ x }) => op('Gelu', [x], (x as Value).shape, 'float32', { approximate: 'none' }))
}
