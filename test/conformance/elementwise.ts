/** Cases for kernels that work element by element. */
import { gelu, tf } from '@parlance/runtime'
import { between, bools, type Case, floats, ints, of, repeated } from './compare.js'

const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 1e-6, -1e-6, 30, -30]
const shapes = [[], [7], [0], [2, 3], [2, 0, 3], [2, 1, 3, 2], [2, 1, 2, 3, 2]]

type Unary = (x: tf.Tensor) => tf.Tensor

interface UnarySpec {
  name: string
  fn: Unary
  /** Where the function is defined, as [low, high]. */
  domain?: [number, number]
  gradient?: boolean
  tolerance?: number
  ints?: boolean
  bools?: boolean
}

const unary: UnarySpec[] = [
  { name: 'abs', fn: tf.abs, ints: true },
  { name: 'acos', fn: tf.acos, domain: [-0.9, 0.9] },
  { name: 'acosh', fn: tf.acosh, domain: [1.1, 5] },
  { name: 'asin', fn: tf.asin, domain: [-0.9, 0.9] },
  { name: 'asinh', fn: tf.asinh },
  { name: 'atan', fn: tf.atan },
  { name: 'atanh', fn: tf.atanh, domain: [-0.9, 0.9] },
  { name: 'ceil', fn: tf.ceil },
  { name: 'cos', fn: tf.cos },
  { name: 'cosh', fn: tf.cosh },
  { name: 'elu', fn: tf.elu },
  { name: 'erf', fn: tf.erf },
  { name: 'exp', fn: tf.exp },
  { name: 'expm1', fn: tf.expm1, tolerance: 1e-6 },
  { name: 'floor', fn: tf.floor },
  { name: 'gelu', fn: gelu },
  { name: 'isFinite', fn: tf.isFinite, gradient: false },
  { name: 'isInf', fn: tf.isInf, gradient: false },
  { name: 'isNaN', fn: tf.isNaN, gradient: false },
  { name: 'leakyRelu', fn: (x) => tf.leakyRelu(x, 0.3) },
  { name: 'log', fn: tf.log, domain: [0.1, 5] },
  { name: 'log1p', fn: tf.log1p, domain: [-0.9, 5], tolerance: 1e-6 },
  { name: 'logSigmoid', fn: tf.logSigmoid },
  { name: 'logicalNot', fn: (x) => tf.logicalNot(tf.cast(x, 'bool')), gradient: false, bools: true },
  { name: 'neg', fn: tf.neg, ints: true },
  { name: 'onesLike', fn: tf.onesLike, ints: true, bools: true },
  { name: 'reciprocal', fn: tf.reciprocal, domain: [0.2, 4] },
  { name: 'relu', fn: tf.relu, ints: true },
  { name: 'relu6', fn: tf.relu6, ints: true },
  { name: 'round', fn: tf.round, ints: true },
  { name: 'rsqrt', fn: tf.rsqrt, domain: [0.2, 4] },
  { name: 'selu', fn: tf.selu },
  { name: 'sigmoid', fn: tf.sigmoid },
  { name: 'sign', fn: tf.sign, ints: true },
  { name: 'sin', fn: tf.sin },
  { name: 'sinh', fn: tf.sinh },
  { name: 'softplus', fn: tf.softplus },
  { name: 'sqrt', fn: tf.sqrt, domain: [0.1, 4] },
  { name: 'square', fn: tf.square, ints: true },
  { name: 'step', fn: (x) => tf.step(x), ints: true },
  { name: 'step of slope', fn: (x) => tf.step(x, -2), ints: true },
  { name: 'tan', fn: tf.tan, domain: [-1.2, 1.2] },
  { name: 'tanh', fn: tf.tanh },
  { name: 'zerosLike', fn: tf.zerosLike, ints: true, bools: true },
  { name: 'clone', fn: tf.clone, ints: true, bools: true },
  { name: 'clip', fn: (x) => tf.clipByValue(x, -0.7, 0.8), ints: true },
  { name: 'cast to int32', fn: (x) => tf.cast(x, 'int32'), gradient: false, ints: true, bools: true },
  { name: 'cast to bool', fn: (x) => tf.cast(x, 'bool'), gradient: false, ints: true, bools: true },
  { name: 'cast to float32', fn: (x) => tf.cast(x, 'float32'), ints: true, bools: true },
]

/** ONNX Runtime makes other whole numbers of NaN and infinities than JavaScript. */
const notAtSpecial = new Set(['cast to int32'])

function unaryCases({ name, fn, domain, gradient = true, tolerance = 1e-5, ...types }: UnarySpec): Case[] {
  const options = { gradient, tolerance }
  const cases = shapes.map((shape) => of(`${name} [${shape}]`, [domain ? between(...domain, shape) : floats(shape)], fn, options))
  if (!notAtSpecial.has(name)) {
    // At the borders of domains gradients are infinite or one-sided.
    cases.push(of(`${name} of special numbers`, [floats([special.length], special)], fn, { ...options, gradient: false }))
  }
  if (types.ints) cases.push(of(`${name} int32`, [ints([3, 4])], fn, options))
  if (types.bools) cases.push(of(`${name} bool`, [bools([3, 4])], fn, options))
  return cases
}

const broadcasts: [number[], number[]][] = [
  [[], []], [[3], []], [[], [2, 3]], [[2, 3], [3]], [[2, 1], [1, 3]], [[4, 1, 3], [2, 1]], [[0, 3], [1, 3]],
  [[2, 1, 3, 1], [1, 2, 1, 2]], [[2, 1, 2, 1, 3], [3]],
]

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

interface BinarySpec {
  name: string
  fn: Binary
  types: ('float32' | 'int32' | 'bool')[]
  gradient?: boolean
  /** The second operand is positive (a divisor) or both are. */
  positive?: 'second' | 'both'
}

const number: BinarySpec['types'] = ['float32', 'int32']

const binary: BinarySpec[] = [
  { name: 'add', fn: tf.add, types: number },
  { name: 'sub', fn: tf.sub, types: number },
  { name: 'mul', fn: tf.mul, types: number },
  { name: 'div', fn: tf.div, types: number, positive: 'second' },
  { name: 'floorDiv', fn: tf.floorDiv, types: number, positive: 'second', gradient: false },
  { name: 'mod', fn: tf.mod, types: number, positive: 'second' },
  { name: 'maximum', fn: tf.maximum, types: number },
  { name: 'minimum', fn: tf.minimum, types: number },
  { name: 'pow', fn: tf.pow, types: ['float32'], positive: 'both' },
  { name: 'squaredDifference', fn: tf.squaredDifference, types: number },
  { name: 'atan2', fn: tf.atan2, types: ['float32'] },
  { name: 'equal', fn: tf.equal, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'notEqual', fn: tf.notEqual, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'greater', fn: tf.greater, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'greaterEqual', fn: tf.greaterEqual, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'less', fn: tf.less, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'lessEqual', fn: tf.lessEqual, types: ['float32', 'int32', 'bool'], gradient: false },
  { name: 'logicalAnd', fn: tf.logicalAnd, types: ['bool'], gradient: false },
  { name: 'logicalOr', fn: tf.logicalOr, types: ['bool'], gradient: false },
  { name: 'logicalXor', fn: tf.logicalXor, types: ['bool'], gradient: false },
]

/** Operations of which TF.js has gradients only for operands of the result's shape. */
const unreduced = new Set(['maximum', 'minimum', 'squaredDifference'])

function binaryCases({ name, fn, types, gradient = true, positive }: BinarySpec): Case[] {
  const make = { float32: floats, int32: ints, bool: bools }
  const positives = (shape: number[], dtype: string) =>
    dtype === 'int32' ? ints(shape, between(1, 5, shape).values.map(Math.round)) : between(0.3, 3, shape)
  return types.flatMap((dtype) =>
    broadcasts.map(([a, b]) => {
      const first = positive === 'both' ? positives(a, dtype) : make[dtype](a)
      const second = positive ? positives(b, dtype) : make[dtype](b)
      // TF.js has no gradient of an operand that was broadcast to nothing.
      const options = { gradient: gradient && a[0] !== 0 }
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a, b)
      const reference: Binary = (a, b) => fn(repeated(a, shape), repeated(b, shape))
      return of(`${name} ${dtype} [${a}] and [${b}]`, [first, second], fn as Case['compute'], {
        ...options,
        ...(unreduced.has(name) ? { reference: reference as Case['compute'] } : {}),
      })
    }),
  )
}

const wholes = [7, -7, 7, -7, 6, -6, 0, 1]
const divisors = [2, 2, -2, -2, 3, 3, 5, -4]
const [x, y] = [[NaN, 1, -2, NaN, Infinity, -Infinity], [0, NaN, 0, NaN, 1, Infinity]]

export const elementwiseCases: Case[] = [
  ...unary.flatMap(unaryCases),
  ...binary.flatMap(binaryCases),
  ...(['floorDiv', 'mod', 'div'] as const).map((name) =>
    of(`${name} of negative whole numbers`, [ints([8], wholes), ints([8], divisors)], (a, b) => tf[name](a as tf.Tensor, b as tf.Tensor)),
  ),
  ...(['floorDiv', 'mod'] as const).map((name) =>
    of(`${name} of negative numbers`, [floats([8], wholes), floats([8], divisors)], (a, b) => tf[name](a as tf.Tensor, b as tf.Tensor), { gradient: false }),
  ),
  of('mod leaves a small rest of a large number', [floats([3], [1e7, 123456.7, -98765.4]), floats([3], [0.3, 0.01, 7])], (a, b) =>
    tf.mod(a as tf.Tensor, b as tf.Tensor), { gradient: false }),
  of('pow of whole numbers', [ints([6], [2, 3, -2, -3, 5, 0]), ints([6], [5, 2, 3, 2, 0, 0])], (a, b) => tf.pow(a as tf.Tensor, b as tf.Tensor)),
  of('pow of negative numbers', [floats([4], [-2, -3, -1.5, 2]), floats([4], [2, 3, 1, -1])], (a, b) => tf.pow(a as tf.Tensor, b as tf.Tensor), { gradient: false }),
  ...(['maximum', 'minimum', 'add', 'greater', 'equal'] as const).map((name) =>
    of(`${name} of special numbers`, [floats([6], x), floats([6], y)], (a, b) => tf[name](a as tf.Tensor, b as tf.Tensor), { gradient: false }),
  ),
  of('atan2 on the axes', [floats([8], [0, 1, 0, -1, 1, -1, 1, -1]), floats([8], [1, 0, -1, 0, 1, 1, -1, -1])], (a, b) =>
    tf.atan2(a as tf.Tensor, b as tf.Tensor)),
  of('int32 and float32 added', [ints([2, 3]), floats([3])], (a, b) => tf.add(a as tf.Tensor, b as tf.Tensor)),
  of('bitwiseAnd', [ints([4], [12, -1, 7, 255]), ints([4], [10, 6, 8, 129])], (a, b) => tf.bitwiseAnd(a as tf.Tensor, b as tf.Tensor), { gradient: false }),
  of('addN', [floats([2, 3]), floats([2, 3]), floats([2, 3])], (...parts) => tf.addN(parts)),
  of('prelu per channel', [floats([2, 3, 4]), floats([4])], (x, alpha) => tf.prelu(x as tf.Tensor, alpha as tf.Tensor)),
  of('prelu of one', [floats([2, 3]), floats([1])], (x, alpha) => tf.prelu(x as tf.Tensor, alpha as tf.Tensor)),
  of('where', [bools([2, 3]), floats([2, 3]), floats([2, 3])], (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor)),
  of('where of broadcast operands', [bools([2, 1]), floats([3]), floats([])], (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor)),
  of('where of whole numbers', [bools([4]), ints([4]), ints([4])], (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor)),
  of('where of booleans', [bools([4]), bools([4]), bools([4])], (c, a, b) => tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor)),
  // Second derivatives reach kernels that first ones do not.
  of('gradient of the gradient of tanh and exp', [floats([5])], (x) =>
    tf.grad((x) => tf.sum(tf.square(tf.grad((x) => tf.mul(tf.tanh(x), tf.exp(x)))(x))))(x as tf.Tensor), { gradient: false }),
]
