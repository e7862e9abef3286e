import { describe, expect, it } from 'vitest'
import { Evaluator } from '../backend/evaluator.js'
import { Random } from '../random.js'
import { addNode, type Attribute, type ElementType, type Node, Value } from './graph.js'
import { convolution, poolingWithPlaces, transposedConvolution } from './webgpu-windows.js'

const evaluator = new Evaluator({ provider: 'cpu', threads: 1 }, 2 ** 26)
const random = new Random(9)

function draw(...shape: number[]): Value {
  return Value.concrete(random.normal(shape.reduce((a, b) => a * b, 1)), shape, 'float32')
}

interface Operator {
  op: string
  inputs: Value[]
  attributes: Record<string, Attribute>
  outputs: { shape: number[]; type: ElementType }[]
}

const build = ({ op, inputs, attributes, outputs }: Operator): Node => addNode(op, inputs, attributes, outputs)[0]?.node as Node

function compute(values: readonly Value[]): number[][] {
  evaluator.evaluate(values, new Set(values))
  return values.map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number))
}

/** What ONNX Runtime's own operator gives on the CPU, and what the composition gives there. */
function both(operator: Operator, compose: (node: Node) => Value | undefined): { wanted: number[][]; got: number[][] } {
  const wanted = compute(build(operator).outputs)
  const node = build(operator)
  const composed = compose(node) as Value
  expect(composed.shape).toEqual(operator.outputs[0]?.shape)
  return { wanted, got: compute([composed, ...node.outputs.slice(1)]) }
}

function check({ wanted, got }: { wanted: number[][]; got: number[][] }): void {
  wanted.forEach((values, k) =>
    // Sums of some fifty products of normal numbers in float32, in another order.
    values.forEach((value, i) => expect(Math.abs((got[k]?.[i] as number) - value)).toBeLessThan(1e-5)),
  )
}

const float = (...shape: number[]) => ({ shape, type: 'float32' }) as const

describe('compositions for webgpu', () => {
  it('convolve with uneven paddings', () => {
    const attributes = { strides: [2, 1], dilations: [1, 2], pads: [0, 1, 1, 2], group: 2 }
    check(both({ op: 'Conv', inputs: [draw(2, 4, 6, 5), draw(6, 2, 3, 2)], attributes, outputs: [float(2, 6, 3, 6)] }, convolution))
  })

  it('leave even paddings alone', () => {
    const inputs = [draw(1, 1, 3, 3), draw(1, 1, 3, 3)]
    const node = build({ op: 'Conv', inputs, attributes: { pads: [1, 1, 1, 1] }, outputs: [float(1, 1, 3, 3)] })
    expect(convolution(node)).toBeUndefined()
    const transposed = { op: 'ConvTranspose', inputs, attributes: { strides: [1, 1], pads: [1, 1, 1, 1] }, outputs: [float(1, 1, 3, 3)] }
    expect(transposedConvolution(build(transposed))).toBeUndefined()
  })

  it.each<[string, Operator]>([
    ['uneven paddings', { op: 'ConvTranspose', inputs: [draw(2, 3, 4, 4), draw(3, 2, 2, 2)], attributes: { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 1, 1], group: 1 }, outputs: [float(2, 2, 4, 4)] }],
    ['groups, strides and more output', { op: 'ConvTranspose', inputs: [draw(2, 6, 3, 4), draw(6, 2, 3, 2)], attributes: { strides: [2, 3], dilations: [2, 1], pads: [1, 0, 1, 0], output_padding: [1, 2], group: 3 }, outputs: [float(2, 6, 8, 13)] }],
    ['windows shorter than their strides', { op: 'ConvTranspose', inputs: [draw(1, 2, 3, 3), draw(2, 1, 1, 1)], attributes: { strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0], group: 2 }, outputs: [float(1, 2, 5, 5)] }],
    ['volumes', { op: 'ConvTranspose', inputs: [draw(1, 2, 2, 3, 2), draw(2, 3, 2, 2, 3)], attributes: { strides: [2, 1, 1], output_padding: [0, 0, 0] }, outputs: [float(1, 3, 4, 4, 4)] }],
  ])('transpose convolutions with %s', (_, operator) => check(both(operator, transposedConvolution)))

  it.each<[string, Operator]>([
    ['images', { op: 'MaxPool', inputs: [draw(2, 3, 5, 6)], attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] }, outputs: [float(2, 3, 3, 3), { shape: [2, 3, 3, 3], type: 'int64' }] }],
    ['volumes', { op: 'MaxPool', inputs: [draw(2, 1, 3, 4, 3)], attributes: { kernel_shape: [2, 2, 2], strides: [1, 2, 1], pads: [0, 0, 0, 0, 0, 0] }, outputs: [float(2, 1, 2, 2, 2), { shape: [2, 1, 2, 2, 2], type: 'int64' }] }],
    ['equal numbers', { op: 'MaxPool', inputs: [Value.concrete(new Float32Array(16), [1, 1, 4, 4], 'float32')], attributes: { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0] }, outputs: [float(1, 1, 3, 3), { shape: [1, 1, 3, 3], type: 'int64' }] }],
  ])('find the places of maxima of %s', (_, operator) => check(both(operator, poolingWithPlaces)))
})
