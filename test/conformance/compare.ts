/** Compares what the backend `onnx` computes with TF.js's own backend `cpu`. */
import { jit, Random, tf } from '@parlance/runtime'

type DataType = 'float32' | 'int32' | 'bool'

/** An input: its shape, type and values, drawn from a normal distribution (wholes from −4 to 4) if not given. */
export interface Input {
  shape: readonly number[]
  dtype: DataType
  values: readonly number[]
}

export interface Case {
  name: string
  inputs: readonly Input[]
  compute: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]
  /** What to compare with, where `cpu` has no such kernel. */
  reference?: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]
  /** Whether to compare gradients with respect to the float32 inputs, too. */
  gradient: boolean
  /** The largest error, relative to 1 + the size of the number. */
  tolerance: number
}

const random = new Random(5)

/** A float32 input; its values normally distributed if not given. */
export function floats(shape: readonly number[], values?: readonly number[]): Input {
  return { shape, dtype: 'float32', values: values ?? [...random.normal(size(shape))] }
}

/** Positive float32 numbers between `low` and `high`. */
export function between(low: number, high: number, shape: readonly number[]): Input {
  return { shape, dtype: 'float32', values: [...random.normal(size(shape))].map((x) => low + (high - low) / (1 + Math.exp(-x))) }
}

export function ints(shape: readonly number[], values?: readonly number[]): Input {
  return { shape, dtype: 'int32', values: values ?? [...random.normal(size(shape))].map((x) => Math.round(2 * x)) }
}

export function bools(shape: readonly number[], values?: readonly number[]): Input {
  return { shape, dtype: 'bool', values: values ?? [...random.normal(size(shape))].map((x) => (x > 0 ? 1 : 0)) }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1)
}

/** One case. Gradients are compared unless told otherwise; 1e-5 is some fifty roundings of float32. */
export function of(
  name: string,
  inputs: readonly Input[],
  compute: Case['compute'],
  options: Partial<Pick<Case, 'gradient' | 'tolerance' | 'reference'>> = {},
): Case {
  return { name, inputs, compute, gradient: true, tolerance: 1e-5, ...options }
}

/** x repeated to `shape` by an addition, whose gradient TF.js reduces right. */
export function repeated(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.add(x, tf.zeros([...shape], x.dtype))
}

interface Result {
  shape: readonly number[]
  dtype: string
  data: readonly number[]
}

function tensors({ inputs }: Case): tf.Tensor[] {
  return inputs.map(({ shape, dtype, values }) => {
    const data = dtype === 'float32' ? Float32Array.from(values) : dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values)
    return tf.tensor(data, [...shape], dtype)
  })
}

const list = <T>(one: T | T[]): T[] => (Array.isArray(one) ? one : [one])

/** The results, and the gradients of a weighted sum of the float32 ones. */
function program(test: Case, compute: Case['compute']): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  return (...inputs) => {
    const results = list(compute(...inputs))
    const floating = inputs.filter((x) => x.dtype === 'float32')
    if (!test.gradient || floating.length === 0) return results
    const loss = (...xs: tf.Tensor[]): tf.Scalar => {
      let next = 0
      const all = list(compute(...inputs.map((x) => (x.dtype === 'float32' ? (xs[next++] as tf.Tensor) : x))))
      const terms = all.filter((y) => y.dtype === 'float32').map((y) => tf.sum(tf.mul(y, weights(y.shape))))
      return tf.addN(terms) as tf.Scalar
    }
    return [...results, ...tf.grads(loss)(floating)]
  }
}

/** Weights that differ, so that a gradient that lands in the wrong place shows. */
function weights(shape: number[]): tf.Tensor {
  return tf.tensor(Float32Array.from({ length: size(shape) }, (_, i) => Math.cos(1 + i)), shape)
}

function evaluate(run: (...inputs: tf.Tensor[]) => tf.Tensor[], test: Case): Result[] {
  const results: Result[] = []
  tf.tidy(() => {
    for (const x of run(...tensors(test))) results.push({ shape: x.shape, dtype: x.dtype, data: Array.from(x.dataSync()) })
  })
  return results
}

/**
 * Runs a case on `cpu` and four times on `onnx`: each operation on its own, the whole graph seen for the first and
 * for the second time, and compiled. Returns the kernels that it used, and what differed.
 */
export async function compare(test: Case): Promise<{ kernels: string[]; differences: string[] }> {
  await tf.setBackend('cpu')
  const wanted = evaluate(program(test, test.reference ?? test.compute), test)
  await tf.setBackend('onnx')
  const run = program(test, test.compute)
  const differences: string[] = []
  const check = (way: string, got: readonly Result[]): void => {
    const difference = differ(got, wanted, test.tolerance)
    if (difference !== undefined) differences.push(`${way}: ${difference}`)
  }
  const { kernelNames } = await tf.profile(() => check('by operation', evaluate(run, test)))
  for (const way of ['first time', 'second time']) check(way, evaluate(run, test))
  const compiled = jit(run)
  for (const way of ['compiled', 'compiled again']) check(way, evaluate(compiled, test))
  compiled.dispose()
  return { kernels: kernelNames, differences }
}

function differ(got: readonly Result[], wanted: readonly Result[], tolerance: number): string | undefined {
  if (got.length !== wanted.length) return `${got.length} results instead of ${wanted.length}`
  for (const [i, { shape, dtype, data }] of wanted.entries()) {
    const result = got[i] as Result
    if (result.dtype !== dtype) return `result ${i} is ${result.dtype}, not ${dtype}`
    if (String(result.shape) !== String(shape)) return `result ${i} is of shape [${result.shape}], not [${shape}]`
    const at = data.findIndex((x, k) => !close(result.data[k] as number, x, tolerance))
    if (at >= 0) return `element ${at} of result ${i} is ${result.data[at]}, not ${data[at]}`
  }
  return undefined
}

function close(a: number, b: number, tolerance: number): boolean {
  if (Number.isNaN(b) || !Number.isFinite(b)) return Object.is(a, b)
  return Math.abs(a - b) <= tolerance * (1 + Math.abs(b))
}
