import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { GraphSession } from '../inference/graph-session.js'
import type { GraphTensor } from '../inference/graph-tensor.js'
import { inferenceGraph } from '../inference/inference-graph.js'
import { tf } from '../tf.js'
import { chooseInputs } from './choose-inputs.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const numbers = (tensor: GraphTensor | undefined): number[] => [...((tensor as GraphTensor).data as Float32Array)]

describe('chooseInputs', () => {
  const weight = () => tf.variable(tf.tensor2d([[1, 2, 3], [4, 5, 6]]))
  const graphs = () => {
    const main = inferenceGraph(
      ({ x, memory }) => ({ y: tf.sum(tf.mul(x as tf.Tensor, memory as tf.Tensor), 1), kept: memory as tf.Tensor }),
      { x: { shape: ['N', 3], dtype: 'float32' }, memory: { shape: ['N', 3], dtype: 'float32' } },
    )
    const w = weight() as tf.Tensor as tf.Tensor2D
    const computed = inferenceGraph(({ z }) => ({ memory: tf.matMul(z as tf.Tensor2D, w) }), { z: { shape: ['N', 2], dtype: 'float32' } })
    return { main: main.toOnnx('embedded'), computed: computed.toOnnx('embedded') }
  }

  it('takes an input, or computes it of others', () => {
    const { main, computed } = graphs()
    const session = GraphSession.load(chooseInputs(main, 'given', computed), { threads: 1 })
    expect(session.inputs.map(({ name }) => name)).toEqual(['x', 'memory', 'z', 'given'])
    const x = { data: Float32Array.of(1, 1, 1, 1, 0, 0), shape: [2, 3] }
    const z = { data: Float32Array.of(1, 0, 1, 1), shape: [2, 2] }
    const run = (given: number, memory: Float32Array) =>
      session.run({ x, z, memory: { data: memory, shape: [memory.length / 3, 3] }, given: { data: Uint8Array.of(given), shape: [1] } })
    // Not given, it may be empty: z · w is [1, 2, 3] and [5, 7, 9].
    const without = run(0, new Float32Array(0))
    expect(numbers(without.y)).toEqual([6, 5])
    expect(numbers(without.kept)).toEqual([1, 2, 3, 5, 7, 9])
    const withIt = run(1, Float32Array.of(1, 1, 1, 2, 2, 2))
    expect(numbers(withIt.y)).toEqual([3, 2])
    expect(numbers(withIt.kept)).toEqual([1, 1, 1, 2, 2, 2])
    session.dispose()
  })

  it('says when there is no such input', () => {
    const { main, computed } = graphs()
    expect(() => chooseInputs(computed, 'given', main)).toThrow("The graph has no input 'y' that could be computed.")
  })
})
