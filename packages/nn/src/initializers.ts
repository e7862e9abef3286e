import type { Random } from '@parlance/runtime'

/**
 * Values for a new parameter. Shapes follow PyTorch: (outputs, inputs, ...kernel), so that the fan-in is
 * shape[1] × the kernel size and the fan-out shape[0] × the kernel size.
 */
export type Initializer = (random: Random, shape: readonly number[]) => Float32Array

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}

function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [outputs, inputs, ...kernel] = shape
  if (outputs === undefined || inputs === undefined) {
    throw new Error(`Fan-in and fan-out need a shape of two axes or more, got [${shape.join(', ')}].`)
  }
  return { fanIn: inputs * product(kernel), fanOut: outputs * product(kernel) }
}

function fanOf(shape: readonly number[], fan: Fan): number {
  const { fanIn, fanOut } = fans(shape)
  return fan === 'in' ? fanIn : fanOut
}

export const zeros: Initializer = (_, shape) => new Float32Array(product(shape))

export const ones: Initializer = (_, shape) => new Float32Array(product(shape)).fill(1)

/** Normal with mean 0 and the given standard deviation. */
export function normal(deviation: number): Initializer {
  return (random, shape) => random.normal(product(shape), 0, deviation)
}

/** Uniform in [−bound, bound). */
export function uniform(bound: number): Initializer {
  return (random, shape) => random.uniform(product(shape), -bound, bound)
}

/** Which fan sets the size: that in keeps the variance of values going forward, that out that of gradients going back. */
export type Fan = 'in' | 'out'

/**
 * Normal with mean 0 and `deviation`, what lies beyond ±`cut` deviations drawn again. The deviation of what is left is
 * smaller: 0.88 × `deviation` for the default cut of 2, which is BERT's.
 */
export function truncatedNormal(deviation: number, cut = 2): Initializer {
  if (!(cut > 0)) throw new RangeError(`A normal distribution must be cut at more than 0 deviations, got ${cut}.`)
  return (random, shape) => {
    const values = random.normal(product(shape))
    return values.map((first) => {
      let value = first
      while (Math.abs(value) > cut) [value] = random.normal(1) as unknown as [number]
      return deviation * value
    })
  }
}

/** Uniform with bound gain × √(6 / (fan-in + fan-out)): Glorot and Bengio 2010, equation 16. */
export function xavierUniform(gain = 1): Initializer {
  return (random, shape) => {
    const { fanIn, fanOut } = fans(shape)
    return uniform(gain * Math.sqrt(6 / (fanIn + fanOut)))(random, shape)
  }
}

/** Normal with deviation gain × √(2 / (fan-in + fan-out)): Glorot and Bengio 2010, equation 12. */
export function xavierNormal(gain = 1): Initializer {
  return (random, shape) => {
    const { fanIn, fanOut } = fans(shape)
    return normal(gain * Math.sqrt(2 / (fanIn + fanOut)))(random, shape)
  }
}

/** Uniform with bound gain × √(3 / fan): He et al. 2015, equation 10; gain √2 suits ReLU. */
export function kaimingUniform(gain = Math.SQRT2, fan: Fan = 'in'): Initializer {
  return (random, shape) => uniform(gain * Math.sqrt(3 / fanOf(shape, fan)))(random, shape)
}

/** Normal with deviation gain / √fan: He et al. 2015, equation 10; gain √2 suits ReLU. */
export function kaimingNormal(gain = Math.SQRT2, fan: Fan = 'in'): Initializer {
  return (random, shape) => normal(gain / Math.sqrt(fanOf(shape, fan)))(random, shape)
}

/**
 * The gain that keeps variance through an activation, as PyTorch's `calculate_gain`; `slope` is leaky ReLU's below zero.
 */
export function gainOf(activation: 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu', slope = 0.01): number {
  switch (activation) {
    case 'linear':
    case 'sigmoid':
      return 1
    case 'tanh':
      return 5 / 3
    case 'relu':
      return Math.SQRT2
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope * slope))
    case 'selu':
      return 3 / 4
  }
}

/**
 * A (rows, columns) matrix whose rows or columns, whichever are fewer, are orthonormal, times `gain` (Saxe et al.
 * 2014): the Q of a QR decomposition of a normal matrix, further axes counted as columns. Q's signs are those that
 * make R's diagonal positive, which makes Q uniform over orthogonal matrices (Mezzadri 2007).
 */
export function orthogonal(gain = 1): Initializer {
  return (random, shape) => {
    const rows = shape[0] ?? 1
    const size = product(shape)
    const columns = size / rows
    const long = Math.max(rows, columns)
    const short = Math.min(rows, columns)
    const basis = orthonormalBasis(Float64Array.from(random.normal(size)), short, long)
    const values = new Float32Array(size)
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < long; j++) {
        values[rows <= columns ? i * columns + j : j * columns + i] = gain * (basis[i * long + j] as number)
      }
    }
    return values
  }
}

/** Modified Gram–Schmidt, twice over for orthogonality to rounding, on the `count` rows of `vectors` (in place). */
function orthonormalBasis(vectors: Float64Array, count: number, length: number): Float64Array {
  for (let i = 0; i < count; i++) {
    const row = vectors.subarray(i * length, (i + 1) * length)
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * length, (j + 1) * length)
        let overlap = 0
        for (let k = 0; k < length; k++) overlap += (row[k] as number) * (other[k] as number)
        for (let k = 0; k < length; k++) row[k] = (row[k] as number) - overlap * (other[k] as number)
      }
    }
    let squares = 0
    for (let k = 0; k < length; k++) squares += (row[k] as number) ** 2
    const norm = Math.sqrt(squares)
    for (let k = 0; k < length; k++) row[k] = (row[k] as number) / norm
  }
  return vectors
}
