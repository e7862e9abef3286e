export interface PlattFit {
  /** P(positive | score) = 1 / (1 + exp(a·score + b)); a is negative where higher scores are more positive. */
  a: number
  b: number
}

const MOST_STEPS = 100
/** Added to the diagonal of the Hessian. */
const RIDGE = 1e-12
const LEAST_STEP = 1e-10

/**
 * Platt scaling: the sigmoid that turns the scores of a binary classifier into probabilities, by Newton's method with
 * backtracking and targets (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) in place of 1 and 0 (Platt 2000; the robust algorithm of
 * Lin, Lin and Weng 2007).
 *
 * @param scores (N), of held-out examples
 * @param labels (N), 1 or true for positive ones
 * @throws Error when the sizes differ, there is no example, or a score is not finite
 */
export function fitPlatt(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): PlattFit {
  const size = scores.length
  if (size === 0 || labels.length !== size) {
    throw new Error(`Platt scaling needs scores with a label each, got ${size} scores and ${labels.length} labels.`)
  }
  let positives = 0
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(scores[i] as number)) throw new Error(`Each score must be finite, got ${scores[i]} at ${i}.`)
    if (labels[i]) positives++
  }
  const targets: [negative: number, positive: number] = [1 / (size - positives + 2), (positives + 1) / (positives + 2)]
  const points = Array.from({ length: size }, (_, i) => ({ score: scores[i] as number, target: targets[labels[i] ? 1 : 0] }))

  let a = 0
  let b = Math.log((size - positives + 1) / (positives + 1))
  let loss = lossAt(points, a, b)
  for (let step = 0; step < MOST_STEPS; step++) {
    let [gradientA, gradientB, aa, ab, bb] = [0, 0, RIDGE, 0, RIDGE]
    for (const { score, target } of points) {
      const p = sigmoid(-(a * score + b))
      const curvature = p * (1 - p)
      aa += score * score * curvature
      ab += score * curvature
      bb += curvature
      gradientA += score * (target - p)
      gradientB += target - p
    }
    if (Math.abs(gradientA) < 1e-8 * size && Math.abs(gradientB) < 1e-8 * size) break
    const determinant = aa * bb - ab * ab
    const stepA = -(bb * gradientA - ab * gradientB) / determinant
    const stepB = -(aa * gradientB - ab * gradientA) / determinant
    const descent = gradientA * stepA + gradientB * stepB
    let length = 1
    for (; length >= LEAST_STEP; length /= 2) {
      const next = lossAt(points, a + length * stepA, b + length * stepB)
      if (next < loss + 1e-4 * length * descent) {
        ;[a, b, loss] = [a + length * stepA, b + length * stepB, next]
        break
      }
    }
    if (length < LEAST_STEP) break
  }
  return { a, b }
}

/** P(positive | score) under a fit. */
export function plattProbability({ a, b }: PlattFit, score: number): number {
  return sigmoid(-(a * score + b))
}

/** The cross-entropy, with both branches of the logarithm computed from a small exponential. */
function lossAt(points: readonly { score: number; target: number }[], a: number, b: number): number {
  let loss = 0
  for (const { score, target } of points) {
    const x = a * score + b
    loss += x >= 0 ? target * x + Math.log1p(Math.exp(-x)) : (target - 1) * x + Math.log1p(Math.exp(x))
  }
  return loss
}

function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
}
