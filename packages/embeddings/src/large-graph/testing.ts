import type { LargeGraphTraining } from './training-config.js'

type Setting = Pick<LargeGraphTraining, 'dim' | 'operator' | 'comparator' | 'loss' | 'margin'>

/** An operator on a vector, in float64, as the definitions say. */
export function operated({ operator, dim }: Setting, parameters: ArrayLike<number>, x: readonly number[]): number[] {
  const p = (i: number) => parameters[i]!
  const half = dim / 2
  switch (operator) {
    case 'identity': return [...x]
    case 'translation': return x.map((v, i) => v + p(i))
    case 'diagonal': return x.map((v, i) => v * p(i))
    case 'complex-diagonal':
      return x.map((_, i) => (i < half ? x[i]! * p(i) - x[i + half]! * p(i + half) : x[i - half]! * p(i) + x[i]! * p(i - half)))
    default: {
      const bias = (j: number) => (operator === 'affine' ? p(dim * dim + j) : 0)
      return x.map((_, j) => x.reduce((sum, v, i) => sum + v * p(i * dim + j), bias(j)))
    }
  }
}

/** A score of two vectors, in float64. */
export function compared({ comparator }: Setting, a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0)
  if (comparator === 'dot') return dot(a, b)
  if (comparator === 'cos') return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  const squared = a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0)
  return comparator === 'l2' ? -Math.sqrt(squared) : -squared
}

/** The loss of an own score against those of others, in float64. */
export function lossOf({ loss, margin }: Setting, own: number, others: readonly number[]): number {
  if (others.length === 0) return 0
  const mean = (of: (score: number) => number) => others.reduce((sum, score) => sum + of(score), 0) / others.length
  if (loss === 'softmax') return Math.log(others.reduce((sum, score) => sum + Math.exp(score - own), 1))
  if (loss === 'logistic') return Math.log1p(Math.exp(-own)) + mean((score) => Math.log1p(Math.exp(score)))
  return mean((score) => Math.max(0, margin - own + score))
}
