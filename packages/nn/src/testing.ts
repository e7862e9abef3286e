import { tf, useDevice } from '@parlance/runtime'
import { type Module, namedParameters } from './module.js'

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

/** A tensor as a fixture holds it. */
export interface KnownTensor {
  shape: number[]
  data: number[]
}

/** What PyTorch computed from x and parameters, by name: the output, and the gradients of the sum of output ⊙ w. */
export interface KnownLayer {
  inputs: Record<string, KnownTensor>
  w: KnownTensor
  output: KnownTensor
  gradients: Record<string, KnownTensor>
}

export function known({ shape, data }: KnownTensor): tf.Tensor {
  return tf.tensor(data, shape)
}

/**
 * Gives `layer` the known parameters, all of which it must have, and returns the greatest difference of its output and of
 * the gradients of x and all parameters from the known ones.
 */
export function knownDifference(values: KnownLayer, layer: Module | undefined, forward: (x: tf.Tensor) => tf.Tensor): number {
  const variables = layer ? namedParameters(layer) : new Map<string, tf.Variable>()
  variables.set('x', tf.variable(known(values.inputs.x as KnownTensor)))
  for (const [name, given] of Object.entries(values.inputs)) {
    const variable = variables.get(name)
    if (!variable) throw new Error(`the layer has no parameter ${name}`)
    variable.assign(known(given))
  }
  const x = variables.get('x') as tf.Variable
  const output = forward(x)
  if (output.shape.join() !== values.output.shape.join()) throw new Error(`got shape ${output.shape}, wanted ${values.output.shape}`)
  const { grads } = tf.variableGrads(() => tf.sum(tf.mul(forward(x), known(values.w))) as tf.Scalar)
  const differences = Object.entries(values.gradients).map(([name, { data }]) =>
    difference(grads[variables.get(name)?.name as string] as tf.Tensor, data),
  )
  return Math.max(difference(output, values.output.data), ...differences)
}
