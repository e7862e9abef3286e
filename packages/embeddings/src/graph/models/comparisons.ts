/** How query and candidates are compared: a score, higher is better. */
import { tf } from '@parlance/runtime'
import { complexParts } from './complex-numbers.js'

export interface Comparison {
  /** Whether `all` is a product of matrices. */
  byProduct: boolean
  /** (N, D) and (C, D) → (N, C) */
  all: (queries: tf.Tensor, candidates: tf.Tensor) => tf.Tensor
  /** (N, D) and (N, K, D) → (N, K) */
  own: (queries: tf.Tensor, candidates: tf.Tensor) => tf.Tensor
}

/** Below it a distance has no direction; keeps the gradient of the root finite. */
const LEAST_SQUARE = 1e-9

/** q · t */
export const dotProduct: Comparison = {
  byProduct: true,
  all: (queries, candidates) => tf.matMul(queries, candidates, false, true),
  own: ownProducts,
}

/** Of distances: norm 1 or 2; squared, of norm 2. */
export interface Distance {
  readonly norm: 1 | 2
  readonly squared: boolean
}

/** −‖q − t‖₂, or −‖q − t‖₂² where `squared`, by ‖q‖² + ‖t‖² − 2 q · t: one product of matrices. */
export function euclidean({ squared }: Distance): Comparison {
  const ofSquares = (squares: tf.Tensor) => tf.neg(squared ? squares : tf.sqrt(tf.maximum(squares, LEAST_SQUARE)))
  return {
    byProduct: true,
    all: (queries, candidates) =>
      ofSquares(tf.add(squares(queries), tf.sub(tf.transpose(squares(candidates)), tf.mul(dotProduct.all(queries, candidates), 2)))),
    own: (queries, candidates) => ofSquares(tf.sum(tf.square(tf.sub(tf.expandDims(queries, 1), candidates)), 2)),
  }
}

/** −‖q − t‖₁ */
export const manhattan: Comparison = spread((difference) => tf.sum(tf.abs(difference), 2))

/** −Σ |qᵢ − tᵢ| over complex components: Sun et al. 2019, equation 2. */
export const complexModuli: Comparison = spread((difference) => {
  const { real, imaginary } = complexParts(difference)
  return tf.sum(tf.sqrt(tf.maximum(tf.add(tf.square(real), tf.square(imaginary)), LEAST_SQUARE)), 2)
})

/** A distance that is no product; computed on all differences (N, C, D), so few candidates at a time are in place. */
function spread(distance: (difference: tf.Tensor) => tf.Tensor): Comparison {
  const own = (queries: tf.Tensor, candidates: tf.Tensor) => tf.neg(distance(tf.sub(tf.expandDims(queries, 1), candidates)))
  return { byProduct: false, own, all: (queries, candidates) => own(queries, tf.expandDims(candidates, 0)) }
}

function ownProducts(queries: tf.Tensor, candidates: tf.Tensor): tf.Tensor {
  return tf.squeeze(tf.matMul(candidates, tf.expandDims(queries, 2)), [2])
}

/** ‖x‖² of rows (N, D): (N, 1). */
function squares(rows: tf.Tensor): tf.Tensor {
  return tf.sum(tf.square(rows), 1, true)
}
