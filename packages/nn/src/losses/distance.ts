import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'

/** √x with gradient 0 at 0, where the root has none; what rounding left below 0 counts as 0. */
export function safeRoot(squares: tf.Tensor): tf.Tensor {
  return customGradient((save, squares) => {
    const roots = tf.sqrt(tf.relu(squares))
    save([roots])
    return {
      value: roots,
      gradient: (dy, [roots]) => {
        const inverse = tf.div(0.5, tf.maximum(roots as tf.Tensor, 1e-6))
        return [tf.mul(dy, tf.mul(inverse, tf.cast(tf.greater(roots as tf.Tensor, 1e-6), 'float32')))]
      },
    }
  }, squares)
}

/** ‖a − b‖² of each row of two (N, D): (N). */
export function squaredDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.sum(tf.squaredDifference(a, b), 1)
}

/** ‖xᵢ − xⱼ‖ of every two rows of `x` (N, D): (N, N). */
export function pairwiseDistances(x: tf.Tensor): tf.Tensor {
  const products = tf.matMul(x, x, false, true)
  const squares = tf.sum(tf.square(x), 1, true)
  return safeRoot(tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(products, 2)))
}

/** Rows of (N, D) scaled to length 1; one shorter than 1e-8 is divided by 1e-8, as in PyTorch's cosine similarity. */
export function normalizedRows(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), 1, true), 1e-16)))
}

/** Throws unless the tensors are (N, D) of one shape. `loss` names them. */
export function expectVectors(loss: string, names: readonly string[], tensors: readonly tf.Tensor[]): void {
  for (const [i, tensor] of tensors.entries()) {
    dimensions(tensor, 2, `The ${names[i]} of ${loss} (N, D)`)
    if (tensor.shape.join() !== tensors[0]?.shape.join()) {
      throw new Error(
        `The ${names[i]} of ${loss} must have the shape of the ${names[0]}, [${tensors[0]?.shape.join(', ')}], got ` +
          `[${tensor.shape.join(', ')}].`,
      )
    }
  }
}
