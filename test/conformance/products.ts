/** Cases for matrix products, convolutions and pooling. */
import { tf } from '@parlance/runtime'
import { type Case, floats, ints, of, repeated } from './compare.js'

const tolerance = 3e-5

const products = [[[2, 3], [3, 4]], [[5, 2, 3], [5, 3, 4]], [[5, 2, 3], [3, 4]], [[2, 1, 2, 3], [1, 3, 3, 4]], [[1, 3], [3, 1]], [[2, 0], [0, 3]]] as const

const swapped = (shape: readonly number[]) => [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number]

const matMulCases = products.flatMap(([a, b]) =>
  [false, true].flatMap((ta) =>
    [false, true].map((tb) =>
      of(`matMul [${a}] [${b}] ${ta} ${tb}`, [floats(ta ? swapped(a) : a), floats(tb ? swapped(b) : b)], (a, b) =>
        tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb), {
        // TF.js has gradients only where both operands have all the axes of the batch.
        reference: (a, b) => {
          const batch = tf.broadcast_util.assertAndGetBroadcastShape((a as tf.Tensor).shape.slice(0, -2), (b as tf.Tensor).shape.slice(0, -2))
          const full = (x: tf.Tensor) => repeated(x, [...batch, ...x.shape.slice(-2)])
          return tf.matMul(full(a as tf.Tensor), full(b as tf.Tensor), ta, tb)
        },
        tolerance,
      }),
    ),
  ),
)

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const

const fused = activations.map((activation) =>
  of(`fused matMul ${activation}`, [floats([4, 3]), floats([3, 5]), floats([5])], (a, b, bias) =>
    tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias as tf.Tensor1D, activation, leakyreluAlpha: 0.1 }), {
    // TF.js has gradients of fused products for these only.
    gradient: activation === 'linear' || activation === 'relu',
    tolerance,
  }),
)

const einsums: [string, number[][]][] = [
  ['ij,jk->ik', [[2, 3], [3, 4]]], ['bij,bkj->bik', [[2, 3, 4], [2, 5, 4]]], ['nthd,nshd->nhts', [[2, 3, 2, 4], [2, 5, 2, 4]]],
  ['ij->ji', [[2, 3]]], ['ij->i', [[2, 3]]], ['i,j->ij', [[2], [3]]], ['ij,ij->', [[2, 3], [2, 3]]],
]

interface Convolution {
  x: number[]
  filter: number[]
  strides: number | [number, number]
  pad: 'same' | 'valid' | number
  dilations?: number | [number, number]
}

const convolutions: Convolution[] = [
  { x: [2, 5, 6, 3], filter: [3, 3, 3, 4], strides: 1, pad: 'same' },
  { x: [2, 5, 6, 3], filter: [3, 2, 3, 4], strides: 2, pad: 'same' },
  { x: [1, 7, 7, 2], filter: [3, 3, 2, 3], strides: 2, pad: 'valid' },
  { x: [1, 8, 7, 2], filter: [3, 3, 2, 3], strides: 2, pad: 1 },
  { x: [1, 8, 7, 2], filter: [3, 2, 2, 3], strides: [2, 1], pad: 'valid' },
  { x: [1, 9, 9, 2], filter: [3, 3, 2, 3], strides: 1, pad: 'valid', dilations: 2 },
  { x: [2, 4, 4, 3], filter: [1, 1, 3, 5], strides: 1, pad: 'same' },
  { x: [2, 6, 1, 3], filter: [3, 1, 3, 5], strides: [2, 1], pad: 'same' },
]

const convolutionCases = convolutions.flatMap(({ x, filter, strides, pad, dilations = 1 }) => {
  const name = `[${x}] by [${filter}], stride ${strides}, ${pad}, dilation ${dilations}`
  const inputs = [floats(x), floats(filter)]
  const depthwise = [filter[0], filter[1], filter[2], 2] as number[]
  // TF.js has gradients of convolutions of dilation 1 only.
  const options = { tolerance, gradient: dilations === 1 }
  return [
    of(`conv2d ${name}`, inputs, (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, strides, pad, 'NHWC', dilations), options),
    of(`conv2d channels first ${name}`, [floats([x[0], x[3], x[1], x[2]] as number[]), floats(filter)], (x, f) =>
      tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, strides, pad, 'NCHW', dilations), options),
    of(`depthwise ${name}`, [floats(x), floats(depthwise)], (x, f) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, strides, pad, 'NHWC', dilations), options),
  ]
})

const fusedConvolutions = activations.flatMap((activation) => [
  of(`fused conv2d ${activation}`, [floats([2, 5, 4, 3]), floats([3, 3, 3, 4]), floats([4])], (x, filter, bias) =>
    tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias: bias as tf.Tensor, strides: 1, pad: 'same', activation, leakyreluAlpha: 0.1 }), {
    gradient: activation === 'linear' || activation === 'relu',
    tolerance,
  }),
  of(`fused depthwise ${activation}`, [floats([2, 5, 4, 3]), floats([3, 3, 3, 1]), floats([3])], (x, filter, bias) =>
    tf.fused.depthwiseConv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias: bias as tf.Tensor, strides: 1, pad: 'same', activation, leakyreluAlpha: 0.1 }), {
    gradient: false,
    tolerance,
  }),
])

const pools = [
  { x: [2, 6, 6, 3], filter: 2, strides: 2, pad: 'valid' }, { x: [1, 7, 6, 2], filter: [3, 2], strides: 2, pad: 'same' },
  { x: [1, 5, 5, 2], filter: 3, strides: 1, pad: 'same' }, { x: [1, 5, 8, 1], filter: [1, 3], strides: [1, 2], pad: 'valid' },
] as { x: number[]; filter: number | [number, number]; strides: number | [number, number]; pad: 'same' | 'valid' }[]

const poolCases = pools.flatMap(({ x, filter, strides, pad }) => {
  const name = `[${x}] by ${filter}, stride ${strides}, ${pad}`
  return [
    of(`maxPool ${name}`, [floats(x)], (x) => tf.maxPool(x as tf.Tensor4D, filter, strides, pad)),
    // TF.js divides the gradient by the size of the window also where part of it is padding; the test below does not.
    of(`avgPool ${name}`, [floats(x)], (x) => tf.avgPool(x as tf.Tensor4D, filter, strides, pad), { gradient: pad === 'valid' }),
  ]
})

export const productTable: Case[] = [
  ...matMulCases,
  ...fused,
  ...einsums.map(([equation, operands]) =>
    of(`einsum ${equation}`, operands.map((shape) => floats(shape)), (...x) => tf.einsum(equation, ...x), { gradient: false, tolerance }),
  ),
  of('matMul of whole numbers', [ints([2, 3]), ints([3, 4])], (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor)),
  of('dot and outer product', [floats([4]), floats([4])], (a, b) => [tf.dot(a as tf.Tensor, b as tf.Tensor), tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D)]),
  ...convolutionCases,
  ...fusedConvolutions,
  ...poolCases,
  of('maxPool of equals', [floats([1, 4, 4, 1], Array.from({ length: 16 }, () => 1))], (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')),
  of('conv1d', [floats([2, 7, 3]), floats([3, 3, 4])], (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 2, 'same'), { tolerance }),
  of('conv2dTranspose', [floats([2, 3, 3, 4]), floats([3, 3, 2, 4])], (x, f) =>
    tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, 6, 6, 2], 2, 'same'), { tolerance }),
]
