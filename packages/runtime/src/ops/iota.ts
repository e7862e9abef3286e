import { BACKEND_NAME } from '../backend/backend.js'
import { tf } from '../tf.js'

/**
 * The whole numbers 0 … size − 1: int32 (size). Unlike `tf.range` it is computed in the graph, so that an inference
 * graph stays correct when the size changes.
 */
export function iota(size: number): tf.Tensor1D {
  if (!Number.isInteger(size) || size < 0) throw new RangeError(`The size of iota must be a whole number of 0 or more, got ${size}.`)
  if (tf.getBackend() !== BACKEND_NAME) return tf.range(0, size, 1, 'int32')
  return tf.engine().runKernel('Iota', {}, { size }) as tf.Tensor1D
}
