import { tf } from '@parlance/runtime'
import { withoutGradient } from '../../custom-gradient.js'
import { dimensions, expectSize } from '../../dimensions.js'
import { integer, iota } from '../../iota.js'
import type { RnntTargets } from './targets.js'
import type { Occupancies } from './wavefront.js'

type Lengths = Pick<RnntTargets, 'frameLengths' | 'labelLengths'>

/**
 * For each frame the first of `width` positions on which the full joiner is computed: those that the paths of the simple
 * joiner take most (Kuang et al. 2022, section 3.3). Bounds start at 0, never go back, never leave a position out, and
 * the last frame's band ends at the last label.
 *
 * @param occupancies of `rnntSimpleLoss`, (N, T, U + 1) each
 * @param width S, 2 or more; U + 1 where there are fewer positions
 * @returns int32 (N, T), without gradient
 */
export function rnntPruningBounds(occupancies: Occupancies, { frameLengths, labelLengths }: Lengths, width: number): tf.Tensor2D {
  const [examples, frames, positions] = dimensions(occupancies.blank, 3, 'The occupancies of a lattice (N, T, U + 1)')
  expectSize('The width of the band', width, 2)
  const kept = Math.min(width, positions)
  return withoutGradient(() => {
    const first = tf.argMax(windowSums(occupancies, kept), 2)
    const frame = tf.expandDims(iota(frames), 0)
    const end = tf.maximum(tf.sub(tf.reshape(labelLengths, [examples, 1]), integer(kept - 1)), integer(0))
    const isLast = tf.greaterEqual(frame, tf.sub(tf.reshape(frameLengths, [examples, 1]), integer(1)))
    const ended = tf.where(isLast, tf.add(end, tf.zerosLike(first)), tf.minimum(first, end))
    const rising = tf.neg(laterMaximum(tf.neg(ended)))
    // The least that lets the band after it follow by kept − 1 positions a frame, and the most that frames before allow.
    const reach = tf.mul(frame, integer(kept - 1))
    const followed = tf.add(laterMaximum(tf.sub(rising, reach)), reach)
    return tf.minimum(followed, reach)
  }) as tf.Tensor2D
}

/** Σ of the occupancies of the arcs between the positions s … s + kept − 1 of one frame and to the next: (N, T, U + 2 − kept). */
function windowSums({ blank, label }: Occupancies, kept: number): tf.Tensor {
  const [examples, frames, positions] = blank.shape as [number, number, number]
  const windows = positions + 1 - kept
  const sums = (x: tf.Tensor, length: number): tf.Tensor => {
    const before = tf.pad(tf.cumsum(x, 2), [[0, 0], [0, 0], [1, 0]])
    const from = (start: number): tf.Tensor => tf.slice(before, [0, 0, start], [examples, frames, windows])
    return tf.sub(from(length), from(0))
  }
  return tf.add(sums(blank, kept), sums(label, kept - 1))
}

/** The greatest of each element and those after it in its row: int32 (N, T). By doubling the distance looked ahead. */
function laterMaximum(x: tf.Tensor): tf.Tensor {
  const [examples, frames] = x.shape as [number, number]
  let most = x
  for (let distance = 1; distance < frames; distance *= 2) {
    const ahead = tf.slice(most, [0, distance], [examples, frames - distance])
    const end = tf.slice(most, [0, frames - distance], [examples, distance])
    most = tf.maximum(most, tf.concat([ahead, end], 1))
  }
  return most
}

/**
 * The rows of the predictor's output on the band, for the full joiner.
 *
 * @param predictor (N, U + 1, D)
 * @param bounds int32 (N, T) of `rnntPruningBounds`
 * @param width as given there
 * @returns (N, T, S, D) with S = min(width, U + 1); to be joined with the encoder's (N, T, 1, D)
 */
export function rnntBand(predictor: tf.Tensor, bounds: tf.Tensor, width: number): tf.Tensor4D {
  const [examples, positions, size] = dimensions(predictor, 3, "The predictor's output (N, U + 1, D)")
  dimensions(bounds, 2, 'The bounds of a band (N, T)')
  const position = bandPositions(bounds, Math.min(width, positions), positions)
  const row = tf.add(tf.mul(tf.reshape(iota(examples), [examples, 1, 1]), integer(positions)), position)
  return tf.gather(tf.reshape(predictor, [examples * positions, size]), row) as tf.Tensor as tf.Tensor4D
}

/** The position of each cell of the band: int32 (N, T, S). */
export function bandPositions(bounds: tf.Tensor, width: number, positions: number): tf.Tensor {
  return tf.minimum(tf.add(tf.expandDims(bounds, 2), iota(width)), integer(positions - 1))
}
