/** Cases for reductions, softmax, sums along an axis and normalisation. */
import { layerNorm, tf } from '@parlance/runtime'
import { between, bools, type Case, floats, type Input, ints, of } from './compare.js'

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor

const reductions: { name: string; fn: Reduction; types: ((shape: number[]) => Input)[]; gradient?: boolean }[] = [
  { name: 'sum', fn: tf.sum, types: [floats, ints, bools] },
  { name: 'mean', fn: tf.mean, types: [floats, ints] },
  { name: 'max', fn: tf.max, types: [floats, ints] },
  { name: 'min', fn: tf.min, types: [floats, ints] },
  { name: 'prod', fn: tf.prod, types: [(shape) => between(0.5, 2, shape), ints], gradient: false },
  { name: 'all', fn: tf.all, types: [bools], gradient: false },
  { name: 'any', fn: tf.any, types: [bools], gradient: false },
  { name: 'logSumExp', fn: tf.logSumExp, types: [floats] },
]

const reduced: { shape: number[]; axis?: number | number[] }[] = [
  { shape: [] }, { shape: [5] }, { shape: [2, 3] }, { shape: [2, 3], axis: 0 }, { shape: [2, 3], axis: -1 },
  { shape: [2, 3, 4], axis: [0, 2] }, { shape: [2, 3, 4], axis: [-1, -2] }, { shape: [2, 1, 3, 2], axis: 2 },
  { shape: [2, 1, 3, 2, 2], axis: [1, 3, 4] },
]

const reductionCases = reductions.flatMap(({ name, fn, types, gradient = true }) =>
  types.flatMap((make) =>
    reduced.flatMap(({ shape, axis }) =>
      [false, true].map((keepDims) => {
        const input = make(shape)
        const title = `${name} of ${input.dtype} [${shape}] over ${axis ?? 'all'}${keepDims ? ', kept' : ''}`
        return of(title, [input], (x) => fn(x as tf.Tensor, axis, keepDims), { gradient })
      }),
    ),
  ),
)

const empty = (['sum', 'prod', 'any'] as const).map((name) => {
  const input = name === 'any' ? bools([0, 3]) : floats([0, 3])
  return of(`${name} of nothing`, [input], (x) => tf[name](x as tf.Tensor, 0), { gradient: false })
})

const extremes = (['argMax', 'argMin'] as const).flatMap((name) => [
  ...[0, 1, -1].map((axis) => of(`${name} over ${axis}`, [floats([3, 4])], (x) => tf[name](x as tf.Tensor, axis), { gradient: false })),
  of(`${name} of whole numbers`, [ints([3, 7])], (x) => tf[name](x as tf.Tensor, 1), { gradient: false }),
  of(`${name} of equals`, [floats([2, 4], [1, 3, 3, 1, 0, 0, 0, 0])], (x) => tf[name](x as tf.Tensor, 1), { gradient: false }),
  of(`${name} passes over NaN`, [floats([5], [2, NaN, 5, 1, NaN])], (x) => tf[name](x as tf.Tensor), { gradient: false }),
  of(`${name} of booleans`, [bools([4], [0, 1, 1, 0])], (x) => tf[name](x as tf.Tensor), { gradient: false }),
])

const running = [false, true].flatMap((exclusive) =>
  [false, true].flatMap((reverse) =>
    [0, 1, -1].flatMap((axis) => [
      of(`cumsum over ${axis}, ${exclusive}, ${reverse}`, [floats([3, 4])], (x) => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse), {
        // TF.js's gradient is right for the last axis only.
        reference: (x) => (axis === 0 ? tf.transpose(tf.cumsum(tf.transpose(x as tf.Tensor), 1, exclusive, reverse)) : tf.cumsum(x as tf.Tensor, 1, exclusive, reverse)),
      }),
      of(`cumsum of int32 over ${axis}, ${exclusive}, ${reverse}`, [ints([2, 3, 2])], (x) => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse), {
        reference: (x) => tf.cumsum(x as tf.Tensor, axis < 0 ? 2 : axis, exclusive, reverse),
      }),
    ]),
  ),
)

export const reductionTable: Case[] = [
  ...reductionCases,
  ...empty,
  ...extremes,
  ...running,
  of('mean of empty rows', [floats([3, 0, 2])], (x) => tf.mean(x as tf.Tensor, 2), { gradient: false }),
  ...[[4], [3, 4], [2, 3, 4], [2, 1, 3, 2]].map((shape) => of(`softmax [${shape}]`, [floats(shape)], (x) => tf.softmax(x as tf.Tensor))),
  ...[[4], [3, 4], [2, 3, 4]].map((shape) => of(`logSoftmax [${shape}]`, [floats(shape)], (x) => tf.logSoftmax(x as tf.Tensor))),
  of('softmax of masked and large numbers', [floats([2, 3], [-1e9, 0, 1, 1000, 999, -1e9])], (x) => tf.softmax(x as tf.Tensor)),
  of('the kernel LogSoftmax', [floats([3, 4])], (logits) => tf.engine().runKernel('LogSoftmax', { logits: logits as tf.Tensor }, { axis: -1 }) as tf.Tensor, {
    reference: (x) => tf.logSoftmax(x as tf.Tensor),
    gradient: false,
  }),
  of('layer normalisation', [floats([2, 3, 8]), floats([8]), floats([8])], (x, w, b) =>
    layerNorm(x as tf.Tensor, w as tf.Tensor, b as tf.Tensor, 1e-5), { tolerance: 3e-5 }),
  of('moments', [floats([3, 4])], (x) => {
    const { mean, variance } = tf.moments(x as tf.Tensor, 0)
    return [mean, variance]
  }),
  of('batch normalisation', [floats([2, 3, 3, 4]), floats([4]), between(0.5, 2, [4]), floats([4]), floats([4])], (x, mean, variance, offset, scale) =>
    tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 1e-3), { tolerance: 3e-5 }),
  of('batch normalisation without scale', [floats([5, 3]), floats([3]), between(0.5, 2, [3])], (x, mean, variance) =>
    tf.batchNorm(x as tf.Tensor2D, mean as tf.Tensor1D, variance as tf.Tensor1D), { tolerance: 3e-5, gradient: false }),
]
