import { MetricError } from '../error.js'

export interface LogisticRegressionOptions {
  /** Strength λ of the penalty λ/2 ‖W‖² beside the sum of the losses; biases are not penalised. Default 1. */
  readonly penalty?: number
  /** Default 200. */
  readonly iterations?: number
  /** The mean gradient's largest number at which it ends. Default 1e-5. */
  readonly tolerance?: number
}

/** W (classes, width + 1) row-major, the last of each row its bias. */
export interface LinearClassifier {
  readonly weights: Float64Array
  readonly classes: number
  readonly width: number
}

/** Remembered steps of L-BFGS. */
const MEMORY = 10

/**
 * Multinomial logistic regression with a quadratic penalty: the minimum of −Σ log softmax(W x + b)[label] + λ/2 ‖W‖², found
 * by L-BFGS (Nocedal and Wright 2006, algorithm 7.4). As scikit-learn's `LogisticRegression(C=1/λ)`.
 *
 * @param features rows of equal width
 * @param labels from 0, one a row
 */
export function fitLogisticRegression(
  features: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  classes: number,
  { penalty = 1, iterations = 200, tolerance = 1e-5 }: LogisticRegressionOptions = {},
): LinearClassifier {
  const width = features[0]?.length ?? 0
  if (width === 0 || features.length !== labels.length) throw new MetricError(`a classifier needs a label for each row of features, got ${labels.length} for ${features.length}`)
  const weights = new Float64Array(classes * (width + 1))
  const rows = new Float64Array(features.length * width)
  for (const [i, row] of features.entries()) rows.set(row, i * width)
  const problem = { rows, labels, classes, width, penalty }
  const objective = (at: Float64Array, gradient: Float64Array) => lossAndGradient(at, problem, gradient)
  minimize(objective, weights, { iterations, tolerance: tolerance * features.length })
  return { weights, classes, width }
}

/** The most likely class of each row, from 0. */
export function classify({ weights, classes, width }: LinearClassifier, features: readonly ArrayLike<number>[]): Int32Array {
  return Int32Array.from(features, (row) => {
    let [best, most] = [0, -Infinity]
    for (let c = 0; c < classes; c++) {
      const score = scoreOf(weights, c, width, row)
      if (score > most) [best, most] = [c, score]
    }
    return best
  })
}

function scoreOf(weights: Float64Array, c: number, width: number, row: ArrayLike<number>): number {
  const at = c * (width + 1)
  let score = weights[at + width]!
  for (let d = 0; d < width; d++) score += weights[at + d]! * row[d]!
  return score
}

interface Problem {
  /** (examples, width) */
  readonly rows: Float64Array
  readonly labels: ArrayLike<number>
  readonly classes: number
  readonly width: number
  readonly penalty: number
}

/** The objective at `weights`; its gradient goes into `gradient`. */
function lossAndGradient(weights: Float64Array, { rows, labels, classes, width, penalty }: Problem, gradient: Float64Array): number {
  gradient.fill(0)
  let loss = 0
  const scores = new Float64Array(classes)
  for (let i = 0; i < labels.length; i++) {
    const row = rows.subarray(i * width, (i + 1) * width)
    let most = -Infinity
    for (let c = 0; c < classes; c++) {
      scores[c] = scoreOf(weights, c, width, row)
      most = Math.max(most, scores[c]!)
    }
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(scores[c]! - most)
    loss += Math.log(sum) + most - scores[labels[i]!]!
    for (let c = 0; c < classes; c++) {
      const slope = Math.exp(scores[c]! - most) / sum - (c === labels[i] ? 1 : 0)
      const at = c * (width + 1)
      for (let d = 0; d < width; d++) gradient[at + d]! += slope * row[d]!
      gradient[at + width]! += slope
    }
  }
  for (let c = 0; c < classes; c++) {
    for (let d = 0; d < width; d++) {
      const at = c * (width + 1) + d
      loss += (penalty / 2) * weights[at]! ** 2
      gradient[at]! += penalty * weights[at]!
    }
  }
  return loss
}

type Objective = (at: Float64Array, gradient: Float64Array) => number

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** Moves `x` to a minimum of a smooth convex function. */
function minimize(objective: Objective, x: Float64Array, { iterations, tolerance }: { readonly iterations: number; readonly tolerance: number }): void {
  let gradient = new Float64Array(x.length)
  let value = objective(x, gradient)
  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = []
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (gradient.every((g) => Math.abs(g) <= tolerance)) return
    const direction = descent(gradient, steps)
    const slope = dot(direction, gradient)
    let rate = steps.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1
    const [candidate, next] = [new Float64Array(x.length), new Float64Array(x.length)]
    let reached = Infinity
    // Armijo's condition; L-BFGS steps are good lengths already.
    for (let halvings = 0; halvings < 40; halvings++, rate /= 2) {
      for (let i = 0; i < x.length; i++) candidate[i] = x[i]! + rate * direction[i]!
      reached = objective(candidate, next)
      if (reached <= value + 1e-4 * rate * slope) break
    }
    if (!(reached < value)) return
    const s = candidate.map((v, i) => v - x[i]!)
    const y = next.map((v, i) => v - gradient[i]!)
    const curvature = dot(s, y)
    if (curvature > 1e-12) {
      steps.push({ s, y, rho: 1 / curvature })
      if (steps.length > MEMORY) steps.shift()
    }
    x.set(candidate)
    value = reached
    gradient = next
  }
}

/** −H g with the inverse Hessian that the remembered steps stand for. */
function descent(gradient: Float64Array, steps: readonly { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = gradient.map((g) => -g)
  const shares: number[] = []
  for (const { s, y, rho } of steps.toReversed()) {
    const share = rho * dot(s, q)
    shares.push(share)
    for (let i = 0; i < q.length; i++) q[i]! -= share * y[i]!
  }
  const last = steps.at(-1)
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let i = 0; i < q.length; i++) q[i]! *= scale
  }
  for (const { s, y, rho } of steps) {
    const share = shares.pop()! - rho * dot(y, q)
    for (let i = 0; i < q.length; i++) q[i]! += share * s[i]!
  }
  return q
}
