import { jit, Random, tf } from '@parlance/runtime'

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

/** The milliseconds that a call takes. */
export function milliseconds(call: () => void): number {
  const started = performance.now()
  call()
  return performance.now() - started
}

/** A function that measures ONNX Runtime's rate on 512³ products, in GFLOP/s: one run of 16 chained products. */
export function rawProductRate(): () => number {
  const size = 512
  const products = 16
  const matrix = tf.variable(tf.tensor2d(new Random(1).normal(size * size), [size, size]))
  const chain = jit((start: tf.Tensor) => {
    let x = start as tf.Tensor2D
    for (let i = 0; i < products; i++) x = tf.matMul(x, matrix as tf.Tensor as tf.Tensor2D)
    return x
  })
  chain(matrix).dispose()
  return () => (products * 2 * size ** 3) / milliseconds(() => chain(matrix).dispose()) / 1e6
}
