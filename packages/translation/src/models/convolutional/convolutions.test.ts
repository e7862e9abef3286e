import { inference, type Module, namedParameters } from '@parlance/nn'
import { Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { AttendingConvolution } from './attending-convolution.js'
import { GatedConvolution } from './gated-convolution.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const [width, kernel, length] = [4, 3, 3]
const options = { width, kernel, dropout: 0, random: new Random(1) }

/** The number i of a tensor is 0.6 · sin(0.7 i + k). */
function pattern(k: number, ...shape: number[]): tf.Tensor {
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.6 * Math.sin(0.7 * i + k)), shape)
}

function assign(module: Module, values: Record<string, tf.Tensor>): void {
  for (const [name, variable] of namedParameters(module)) variable.assign(values[name] as tf.Tensor)
}

const convolution = { weight_v: pattern(1, 2 * width, kernel * width), weight_g: pattern(2, 2 * width, 1), bias: pattern(3, 2 * width) }

/** Seven digits of float64 against float32. */
function expectValues(got: tf.Tensor, wanted: readonly number[]): void {
  const values = got.dataSync()
  expect(values.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(Math.abs((values[i] as number) - value)).toBeLessThan(1e-6)
}

// PyTorch 1.13 in float64, with v and g of `convolution` (v as (outputs, kernel, inputs)) and x = pattern(4, 1, 3, 4):
// F.glu(F.conv1d(F.pad(x.transpose(1, 2), (left, right)), g * v / v.norm(dim=1, keepdim=True), b), dim=1).transpose(1, 2)
const causal = [
  -0.0695166, -0.1491559, -0.3993127, -0.2110163, 0.3232278, -0.2530126, -0.2815633, -0.6407168,
  -0.2102697, -0.0239467, -0.4172567, 0.1405446,
]
const centred = [
  0.3232278, -0.2530126, -0.2815633, -0.6407168, -0.2102697, -0.0239467, -0.4172567, 0.1405446,
  0.3415896, -0.293199, -0.3427611, -0.5648152,
]

describe('GatedConvolution', () => {
  it("is PyTorch's convolution and gated linear unit", () => {
    const layer = new GatedConvolution(options)
    assign(layer, Object.fromEntries(Object.entries(convolution).map(([name, value]) => [`convolution.${name}`, value])))
    const x = pattern(4, 1, length, width)
    expectValues(layer.forward(x, 2, inference), causal)
    expectValues(layer.forward(x, 1, inference), centred)
    expectValues(layer.step(x), causal.slice(-width))
  })
})

describe('AttendingConvolution', () => {
  it('is equations 1 and 2 of Gehring et al. 2017 in PyTorch', () => {
    const layer = new AttendingConvolution(options)
    assign(layer, {
      ...Object.fromEntries(Object.entries(convolution).map(([name, value]) => [`convolution.convolution.${name}`, value])),
      'query.weight_v': pattern(5, width, width),
      'query.weight_g': pattern(6, width, 1),
      'query.bias': pattern(7, width),
    })
    const memory = {
      keys: pattern(9, 1, 2, width),
      values: pattern(10, 1, 2, width),
      source_mask: tf.tensor2d([0, 0.3], [1, 2]),
      source_scale: tf.sqrt(tf.tensor2d([2], [1, 1])),
    }
    // r = √½, h the causal convolution above: d = (F.linear(h, W, b) + e) * r; a = torch.softmax(d @ z.T + mask, -1);
    // c = a @ values * √2; ((h + c) * r + x) * r
    const wanted = [
      -0.4231207, -0.5334691, -0.5132526, -0.1263202, 0.3637526, 0.3724972, 0.4203975, 0.0390651,
      -0.1943663, -0.2542799, -0.4900496, -0.1179067,
    ]
    const [x, embedded] = [pattern(4, 1, length, width), pattern(8, 1, length, width)]
    expectValues(layer.forward(x, embedded, memory, inference), wanted)
    const last = (x: tf.Tensor) => tf.slice(x, [0, length - 1, 0], [1, 1, width])
    const step = layer.step(last(x), last(embedded), tf.slice(x, [0, 0, 0], [1, 2, width]), memory)
    expectValues(step.output, wanted.slice(-width))
    // torch.softmax(…)[0, 2]
    expectValues(step.weights, [0.3449296, 0.6550704])
  })
})
