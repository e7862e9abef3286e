/** Operators that work element by element. */
import type { ElementType, Value } from '../graph/graph.js'
import { add, broadcast, broadcastShapes, cast, div, expand, Float, full, type Inputs, kernel, mul, op, reshape, sameShape, scalar, sub } from './registry.js'

const ofX = (inputs: Inputs): Value => inputs.x as Value

/** Applies an operator that ONNX defines for float32 only. */
function floatUnary(name: string, x: Value, attributes = {}): Value {
  return op(name, [cast(x, 'float32')], x.shape, 'float32', attributes)
}

/** Applies an operator in the type of its input. */
function unary(name: string, x: Value): Value {
  return op(name, [x], x.shape, x.type)
}

function not(x: Value): Value {
  return op('Not', [x], x.shape, 'bool')
}

export function where(condition: Value, a: Value, b: Value): Value {
  const shape = broadcastShapes(condition.shape, broadcast(a, b))
  if (a.type === 'bool') return cast(op('Where', [condition, cast(a, 'int32'), cast(b, 'int32')], shape, 'int32'), 'bool')
  return op('Where', [condition, a, b], shape, a.type)
}

function compare(name: string, a: Value, b: Value): Value {
  const ordered = name !== 'Equal' && a.type === 'bool'
  const [x, y] = ordered ? [cast(a, 'int32'), cast(b, 'int32')] : [a, b]
  return op(name, [x, y], broadcast(a, b), 'bool')
}

/** ⌊a / b⌋, int32, also for negative whole numbers, where ONNX truncates. */
function floorDiv(a: Value, b: Value): Value {
  const quotient = div(a, b)
  if (a.type === 'float32') return cast(unary('Floor', quotient), 'int32')
  const rest = sub(a, mul(quotient, b))
  const zero = scalar(0, 'int32')
  const signsDiffer = not(compare('Equal', compare('Less', rest, zero), compare('Less', b, zero)))
  const inexact = not(compare('Equal', rest, zero))
  const below = op('And', [signsDiffer, inexact], broadcast(signsDiffer, inexact), 'bool')
  return sub(quotient, cast(below, 'int32'))
}

/** The remainder with the sign of the divisor. */
function mod(a: Value, b: Value): Value {
  const shape = broadcast(a, b)
  if (a.type !== 'float32') return op('Mod', [a, b], shape, a.type)
  const rest = op('Mod', [a, b], shape, 'float32', { fmod: 1 })
  const signsDiffer = compare('Less', mul(rest, b), scalar(0))
  return where(signsDiffer, add(rest, b), rest)
}

/** The angle of (b, a), from −π to π. */
function atan2(a: Value, b: Value): Value {
  const [y, x] = [cast(a, 'float32'), cast(b, 'float32')]
  const angle = floatUnary('Atan', div(y, x))
  const half = where(compare('Less', y, scalar(0)), scalar(-Math.PI), scalar(Math.PI))
  const turned = where(compare('Less', x, scalar(0)), add(angle, half), angle)
  const origin = op('And', [compare('Equal', y, scalar(0)), compare('Equal', x, scalar(0))], broadcast(y, x), 'bool')
  return where(origin, scalar(0), turned)
}

/** x in a type that ONNX calculates with: booleans count as 0 and 1. */
export function number(x: Value): Value {
  return x.type === 'bool' ? cast(x, 'int32') : x
}

function isNaNOf(x: Value): Value {
  return op('IsNaN', [x], x.shape, 'bool')
}

export function clip(x: Value, low: number, high: number): Value {
  const bound = (value: number): Value =>
    x.type === 'float32' ? scalar(value) : scalar(Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), Math.trunc(value))), 'int32')
  return op('Clip', [x, bound(low), bound(high)], x.shape, x.type)
}

export function prelu(x: Value, alpha: Value): Value {
  const shape = broadcast(x, alpha)
  return op('PRelu', [expand(cast(x, 'float32'), shape), cast(alpha, 'float32')], shape, 'float32')
}

export function leakyRelu(x: Value, alpha: number): Value {
  return floatUnary('LeakyRelu', x, { alpha: new Float(alpha) })
}

/** log(1 + x), accurate near 0: 2 artanh(x / (2 + x)) there. */
function log1p(x: Value): Value {
  const near = mul(floatUnary('Atanh', div(x, add(x, scalar(2)))), scalar(2))
  return where(compare('Less', unary('Abs', x), scalar(0.5)), near, floatUnary('Log', add(x, scalar(1))))
}

/** exp(x) − 1, accurate near 0: 2 exp(x / 2) sinh(x / 2) there. */
function expm1(x: Value): Value {
  const half = mul(x, scalar(0.5))
  const near = mul(mul(floatUnary('Exp', half), floatUnary('Sinh', half)), scalar(2))
  return where(compare('Less', unary('Abs', x), scalar(1)), near, sub(floatUnary('Exp', x), scalar(1)))
}

function isUniform(value: Value, number: number): boolean {
  return value.uniform === number
}

/** a · b; what multiplies by ones (gradients of sums do) only repeats. */
function multiply(a: Value, b: Value): Value {
  const shape = broadcast(a, b)
  if (isUniform(b, 1) && a.type === b.type) return expand(a, shape)
  if (isUniform(a, 1) && a.type === b.type) return expand(b, shape)
  return mul(a, b)
}

function sum(a: Value, b: Value): Value {
  const shape = broadcast(a, b)
  if (isUniform(b, 0) && sameShape(shape, a.shape)) return a
  if (isUniform(a, 0) && sameShape(shape, b.shape)) return b
  return add(a, b)
}

const floatOperators = {
  Acos: 'Acos', Acosh: 'Acosh', Asin: 'Asin', Asinh: 'Asinh', Atan: 'Atan', Atanh: 'Atanh', Cos: 'Cos', Cosh: 'Cosh',
  Elu: 'Elu', Erf: 'Erf', Exp: 'Exp', Log: 'Log', Reciprocal: 'Reciprocal', Selu: 'Selu', Sigmoid: 'Sigmoid',
  Sin: 'Sin', Sinh: 'Sinh', Softplus: 'Softplus', Sqrt: 'Sqrt', Tan: 'Tan', Tanh: 'Tanh',
} as const

/** Operators that leave whole numbers as they are. */
const roundings = { Round: 'Round', Floor: 'Floor', Ceil: 'Ceil' } as const

export function registerElementwise(): void {
  for (const [name, onnx] of Object.entries(floatOperators)) kernel(name, (i) => floatUnary(onnx, ofX(i)))
  for (const [name, onnx] of Object.entries(roundings)) {
    kernel(name, (i) => (ofX(i).type === 'int32' ? ofX(i) : floatUnary(onnx, ofX(i))))
  }
  for (const name of ['Abs', 'Relu']) kernel(name, (i) => unary(name, number(ofX(i))))
  // ONNX Runtime's Neg has one thread; the product gives the same bits, of −0 too.
  kernel('Neg', (i) => {
    const x = number(ofX(i))
    return mul(x, scalar(-1, x.type as 'float32'))
  })
  kernel('Sign', (i) => {
    const x = number(ofX(i))
    return x.type === 'int32' ? unary('Sign', x) : where(isNaNOf(x), scalar(0), unary('Sign', x))
  })
  kernel('Rsqrt', (i) => floatUnary('Reciprocal', floatUnary('Sqrt', ofX(i))))
  kernel('Square', (i) => mul(ofX(i), ofX(i)))
  kernel('Expm1', (i) => expm1(cast(ofX(i), 'float32')))
  kernel('Log1p', (i) => log1p(cast(ofX(i), 'float32')))
  kernel('Relu6', (i) => clip(number(ofX(i)), 0, 6))
  kernel<{ alpha: number }>('LeakyRelu', (i, { alpha }) => leakyRelu(ofX(i), alpha))
  kernel('Prelu', ({ x, alpha }) => prelu(x as Value, alpha as Value))
  kernel<{ clipValueMin: number; clipValueMax: number }>('ClipByValue', (i, { clipValueMin, clipValueMax }) =>
    clip(ofX(i), clipValueMin, clipValueMax),
  )
  kernel<{ alpha: number }>('Step', (i, { alpha }) => {
    // Not a comparison: NaN stays NaN.
    const x = number(ofX(i))
    const positive = unary('Sign', unary('Relu', x))
    if (alpha === 0) return positive
    const low = x.type === 'int32' ? Math.trunc(alpha) : alpha
    return add(mul(positive, scalar(1 - low, x.type as 'float32')), scalar(low, x.type as 'float32'))
  })
  kernel('EluGrad', ({ dy, y }) => {
    const positive = compare('GreaterOrEqual', y as Value, scalar(0))
    return mul(dy as Value, where(positive, scalar(1), add(y as Value, scalar(1))))
  })
  kernel('IsNan', (i) => isNaNOf(cast(ofX(i), 'float32')))
  kernel('IsInf', (i) => op('IsInf', [cast(ofX(i), 'float32')], ofX(i).shape, 'bool'))
  kernel('IsFinite', (i) => {
    const x = cast(ofX(i), 'float32')
    return compare('Equal', sub(x, x), scalar(0))
  })
  kernel('LogicalNot', (i) => not(cast(ofX(i), 'bool')))
  kernel<{ dtype: ElementType }>('Cast', (i, { dtype }) => cast(ofX(i), dtype))
  kernel('ZerosLike', (i) => full(ofX(i).shape, 0, ofX(i).type as 'float32'))
  kernel('OnesLike', (i) => full(ofX(i).shape, 1, ofX(i).type as 'float32'))
  registerBinary()
}

function registerBinary(): void {
  const binary = (name: string, compute: (a: Value, b: Value) => Value) =>
    kernel(name, ({ a, b }) => compute(a as Value, b as Value))
  const plain = (onnx: string) => (a: Value, b: Value) => op(onnx, [a, b], broadcast(a, b), a.type)
  binary('Add', sum)
  binary('Multiply', multiply)
  binary('Sub', (a, b) => (isUniform(b, 0) && sameShape(broadcast(a, b), a.shape) ? a : sub(a, b)))
  binary('RealDiv', (a, b) => {
    const [x, y] = [cast(a, 'float32'), cast(b, 'float32')]
    return isUniform(b, 1) ? expand(x, broadcast(x, y)) : div(x, y)
  })
  binary('FloorDiv', floorDiv)
  binary('Maximum', plain('Max'))
  binary('Minimum', plain('Min'))
  binary('Atan2', atan2)
  binary('Pow', plain('Pow'))
  binary('Mod', mod)
  binary('SquaredDifference', (a, b) => {
    const d = sub(a, b)
    return mul(d, d)
  })
  binary('BitwiseAnd', plain('BitwiseAnd'))
  binary('Equal', (a, b) => compare('Equal', a, b))
  binary('NotEqual', (a, b) => not(compare('Equal', a, b)))
  binary('Greater', (a, b) => compare('Greater', a, b))
  binary('GreaterEqual', (a, b) => compare('GreaterOrEqual', a, b))
  binary('Less', (a, b) => compare('Less', a, b))
  binary('LessEqual', (a, b) => compare('LessOrEqual', a, b))
  binary('LogicalAnd', plain('And'))
  binary('LogicalOr', plain('Or'))
  kernel('AddN', (inputs) => Object.values(inputs).reduce(add))
  kernel('Select', ({ condition, t, e }) => {
    const [c, a, b] = [condition as Value, t as Value, e as Value]
    // A condition of one axis chooses whole rows.
    const rows = c.shape.length === 1 && a.shape.length > 1
    const shape = rows ? [c.shape[0] as number, ...a.shape.slice(1).map(() => 1)] : c.shape
    return where(reshape(c, shape), a, b)
  })
}
