import { tf } from '@parlance/runtime'

/** Complex vectors as numbers: the real parts, then the imaginary ones, along the last axis. */
export interface ComplexParts {
  readonly real: tf.Tensor
  readonly imaginary: tf.Tensor
}

export function complexParts(x: tf.Tensor): ComplexParts {
  const [real, imaginary] = tf.split(x, 2, x.rank - 1) as [tf.Tensor, tf.Tensor]
  return { real, imaginary }
}

/** a ⊙ b, or a ⊙ b̄, as (…, D). */
export function complexProduct(a: ComplexParts, b: ComplexParts, { conjugate = false } = {}): tf.Tensor {
  const [plus, minus] = conjugate ? [tf.sub, tf.add] : [tf.add, tf.sub]
  return tf.concat(
    [
      minus(tf.mul(a.real, b.real), tf.mul(a.imaginary, b.imaginary)),
      plus(tf.mul(a.imaginary, b.real), tf.mul(a.real, b.imaginary)),
    ],
    a.real.rank - 1,
  )
}

/** |xᵢ|; the root is kept off 0, where it has no gradient. */
export function complexModulus(x: tf.Tensor): tf.Tensor {
  const { real, imaginary } = complexParts(x)
  return tf.sqrt(tf.add(tf.add(tf.square(real), tf.square(imaginary)), 1e-20))
}
