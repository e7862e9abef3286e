import { Random, tf } from '@parlance/runtime'

export interface GradientCheckOptions {
  /** How many random directions, dealt to the variables in turn; each variable gets one at least. Default 20. */
  directions?: number
  /** Step along a direction whose entries are ±1. Default 0.01. */
  epsilon?: number
  /** Of the directions and of the weights of the outputs. Default 1. */
  seed?: number
}

/**
 * Compares analytic gradients with central differences of fourth order along random directions d ∈ {−1, 1}ⁿ, each in
 * one variable. A tensor of outputs is reduced to Σ wᵢ·outᵢ with fixed random weights (1 for a single output), summed
 * in float64, so that float32 rounding in the sum does not hide the differences.
 *
 * The error of a direction is |numeric − analytic| over the largest of both and of ‖gradient of that variable‖, the
 * size that such a derivative typically has; a hundredth of the largest such size bounds it from below, since a
 * derivative that is zero in truth has nothing but rounding to be compared with.
 *
 * @param fn computes the outputs from `variables`; called about 4 × directions times
 * @returns the greatest error over all directions
 */
export async function checkGradients(
  fn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  { directions = 20, epsilon = 0.01, seed = 1 }: GradientCheckOptions = {},
): Promise<number> {
  if (variables.length === 0) throw new Error('A gradient check needs one variable at least, got none.')
  const random = new Random(seed, 'gradient-check')
  const size = tf.tidy(() => fn().size)
  const weights = size === 1 ? Float32Array.of(1) : random.fork('weights').uniform(size, -1, 1)
  const gradients = await analyticGradients(fn, variables, weights)
  const norms = gradients.map((gradient) => Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)))
  const floor = Math.max(...norms) / 100

  let worst = 0
  for (let i = 0; i < Math.max(directions, variables.length); i++) {
    const index = i % variables.length
    const variable = variables[index] as tf.Variable
    const gradient = gradients[index] as Float32Array
    const direction = Float32Array.from({ length: variable.size }, () => (random.next() < 0.5 ? -1 : 1))
    const analytic = gradient.reduce((sum, value, j) => sum + value * (direction[j] as number), 0)
    const numeric = await directionalDerivative(fn, variable, direction, epsilon, weights)
    const scale = Math.max(Math.abs(numeric), Math.abs(analytic), norms[index] as number, floor, Number.MIN_VALUE)
    const error = Math.abs(numeric - analytic) / scale
    if (!(error <= worst)) worst = error
  }
  return worst
}

async function analyticGradients(
  fn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  weights: Float32Array,
): Promise<Float32Array[]> {
  const { value, grads } = tf.variableGrads(() => {
    const output = fn()
    return tf.sum(tf.mul(tf.reshape(output, [-1]), tf.tensor1d(weights))) as tf.Scalar
  }, [...variables])
  value.dispose()
  return Promise.all(
    variables.map(async (variable) => {
      const gradient = grads[variable.name] as tf.Tensor
      const values = (await gradient.data()) as Float32Array
      gradient.dispose()
      return values
    }),
  )
}

async function directionalDerivative(
  fn: () => tf.Tensor,
  variable: tf.Variable,
  direction: Float32Array,
  epsilon: number,
  weights: Float32Array,
): Promise<number> {
  const start = ((await variable.data()) as Float32Array).slice()
  const at = async (step: number): Promise<number> => {
    assign(variable, Float32Array.from(start, (value, i) => value + step * (direction[i] as number)))
    const output = tf.tidy(fn)
    const values = await output.data()
    output.dispose()
    return weights.reduce((sum, weight, i) => sum + weight * (values[i] as number), 0)
  }
  const derivative =
    (8 * ((await at(epsilon)) - (await at(-epsilon))) - ((await at(2 * epsilon)) - (await at(-2 * epsilon)))) /
    (12 * epsilon)
  assign(variable, start)
  return derivative
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)))
}
