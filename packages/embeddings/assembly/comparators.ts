// How two sets of vectors are compared, by one product of matrices and its gradient.

import { addProduct, addScaled, dot, scale, sumRow } from './matrix'
import { all } from './simd'

const COSINE: i32 = 1
const EUCLIDEAN: i32 = 2
const SQUARED: i32 = 3
/** Below it a distance has no direction. */
const LEAST_SQUARE: f32 = 1e-9

/** Prepares vectors (rows, bytes): for cosines to length 1, with their lengths in `sizes`; for distances |x|² there. */
export function prepare(comparator: i32, vectors: usize, rows: i32, bytes: usize, sizes: usize): void {
  if (comparator == 0) return
  for (let r = 0; r < rows; r++) {
    const row = vectors + <usize>r * bytes
    let size = dot(row, row, bytes)
    if (comparator == COSINE) {
      size = sqrt<f32>(max(size, LEAST_SQUARE))
      scale(row, row, 1 / size, bytes)
    }
    store<f32>(sizes + (<usize>r << 2), size)
  }
}

/** Turns products (rows, columns) into scores; `stride` bytes from one row to the next, a multiple of 16. */
export function scoresOfProducts(comparator: i32, products: usize, rows: i32, stride: usize, rowSizes: usize, columnSizes: usize): void {
  if (comparator < EUCLIDEAN) return
  for (let r = 0; r < rows; r++) {
    const own = all(load<f32>(rowSizes + (<usize>r << 2)))
    const row = products + <usize>r * stride
    for (let at: usize = 0; at < stride; at += 16) {
      const x = v128.load(row + at)
      const squared = f32x4.sub(f32x4.add(own, v128.load(columnSizes + at)), f32x4.add(x, x))
      const kept = f32x4.max(squared, all(LEAST_SQUARE))
      v128.store(row + at, f32x4.neg(comparator == SQUARED ? kept : f32x4.sqrt(kept)))
    }
  }
}

/**
 * Turns gradients of scores into those of products, in place. A distance's other parts, |x|² and |y|², have for gradients
 * minus half the sums over rows and columns of what comes out.
 *
 * @param scores what `scoresOfProducts` gave, kept for distances
 */
export function gradientOfProducts(comparator: i32, gradients: usize, scores: usize, rows: i32, stride: usize): void {
  if (comparator < EUCLIDEAN) return
  for (let at: usize = 0; at < <usize>rows * stride; at += 16) {
    const g = v128.load(gradients + at)
    v128.store(gradients + at, comparator == SQUARED ? f32x4.add(g, g) : f32x4.neg(f32x4.div(g, v128.load(scores + at))))
  }
}

/**
 * Adds the gradients of x (rows) and y (columns), what was compared, given those of the products H (rows, columns):
 * toX += H · y, toY += Hᵀ · x, and what distances have besides.
 */
export function addGradients(
  comparator: i32, H: usize, rows: i32, columns: i32, stride: usize, x: usize, y: usize, d: i32, toX: usize, toY: usize, sums: usize,
): void {
  const bytes = <usize>d << 2
  addProduct(toX, bytes, H, stride, 4, y, bytes, rows, columns, d)
  addProduct(toY, bytes, H, 4, stride, x, bytes, columns, rows, d)
  if (comparator < EUCLIDEAN) return
  memory.fill(sums, 0, stride)
  for (let r = 0; r < rows; r++) {
    const row = H + <usize>r * stride
    addScaled(toX + <usize>r * bytes, x + <usize>r * bytes, -sumRow(row, stride), bytes)
    addScaled(sums, row, 1, stride)
  }
  for (let c = 0; c < columns; c++) addScaled(toY + <usize>c * bytes, y + <usize>c * bytes, -load<f32>(sums + (<usize>c << 2)), bytes)
}

/** Takes gradients of prepared vectors back to those before, in place: for cosines (g − (g · x) x) / length. */
export function gradientOfPrepared(comparator: i32, gradients: usize, vectors: usize, rows: i32, bytes: usize, sizes: usize): void {
  if (comparator != COSINE) return
  for (let r = 0; r < rows; r++) {
    const row = gradients + <usize>r * bytes
    const own = vectors + <usize>r * bytes
    addScaled(row, own, -dot(row, own, bytes), bytes)
    scale(row, row, 1 / load<f32>(sizes + (<usize>r << 2)), bytes)
  }
}
