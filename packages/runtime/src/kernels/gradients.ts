/** Gradients where those of TF.js's registry are wrong, or refuse operands that were broadcast or results that are one. */
import { tf } from '../tf.js'

/** Operators whose gradients TF.js leaves in the shape of the result. */
const UNREDUCED = ['BatchMatMul', 'Maximum', 'Minimum', 'SquaredDifference']

/** Operators of many results whose gradients want a list, where TF.js gives them the tensor itself if it is only one. */
const LISTED = ['SplitV', 'Unpack']

let registered = false

export function registerGradients(): void {
  if (registered) return
  registered = true
  for (const name of UNREDUCED) {
    const config = tf.getGradient(name)
    tf.registerGradient({
      ...config,
      gradFunc: (dy, saved, attributes) => {
        const [a, b] = saved as [tf.Tensor, tf.Tensor]
        const gradients = config.gradFunc(dy, saved, attributes)
        return { a: () => sumTo(gradients.a?.() as tf.Tensor, a.shape), b: () => sumTo(gradients.b?.() as tf.Tensor, b.shape) }
      },
    })
  }
  for (const name of LISTED) {
    const config = tf.getGradient(name)
    tf.registerGradient({
      ...config,
      gradFunc: (dy, saved, attributes) => config.gradFunc(Array.isArray(dy) ? dy : [dy], saved, attributes),
    })
  }
  // TF.js transposes where the axis is not the last: another shape, or, for a square, wrong numbers.
  tf.registerGradient({
    kernelName: 'Cumsum',
    gradFunc: (dy, _, attributes) => {
      const { axis, exclusive, reverse } = attributes as object as { axis: number; exclusive: boolean; reverse: boolean }
      return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) }
    },
  })
}

/** The sum over the axes along which `shape` was broadcast. */
function sumTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape)
  return axes.length === 0 ? x : tf.reshape(tf.sum(x, axes), shape)
}
