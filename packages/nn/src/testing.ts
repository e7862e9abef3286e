import { tf, useDevice } from '@parlance/runtime'

/** Makes ready the device that this package's tests compute on. */
export async function useTestDevice(): Promise<void> {
  await useDevice('cpu', { threads: 1 })
}

/** A float32 variable to differentiate by, with values of a fixed pattern in about −1 … 1. */
export function example(shape: number[], phase = 0): tf.Variable {
  const size = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i + phase))
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)))
}

/** The greatest absolute difference between a tensor and nested or flat numbers in the same order. */
export function difference(tensor: tf.Tensor, wanted: readonly number[]): number {
  const values = tensor.dataSync()
  if (values.length !== wanted.length) throw new Error(`got ${values.length} values, wanted ${wanted.length}`)
  return Math.max(0, ...wanted.map((value, i) => Math.abs(value - (values[i] as number))))
}
