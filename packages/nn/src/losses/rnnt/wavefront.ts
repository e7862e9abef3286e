/**
 * The forward–backward algorithm on the lattices of transducers, diagonal by diagonal.
 *
 * α(t, u) = logAdd(α(t − 1, u) + blank(t − 1, u), α(t, u − 1) + label(t, u − 1)) (Graves 2012, equation 16) takes a
 * diagonal t + u = d from the one before it, all its cells at a time: T + U steps. Label by label the recursion would be
 * a cumulative log-sum-exp of T steps, but of differences to a running sum of label scores, which cancel. Here nothing is
 * subtracted, and two things come for free. Scores are kept relative to the best of their diagonal, so that they have a
 * float's precision where they matter, however long the lattice. And as every path crosses every diagonal once, the
 * probabilities of a path to go through its cells are a softmax of α + β.
 */
import { tf } from '@parlance/runtime'
import { timeLoop } from '../../layers/time-loop.js'
import { integer, iota } from '../../iota.js'
import type { RnntTargets } from './targets.js'

/** The logarithm of a probability of zero: finite, and out of reach of sums of real scores. */
export const IMPOSSIBLE = -1e30

/** Logarithms of the probabilities of a lattice's arcs, (N, T, U + 1) each: those that leave (t, u). */
export interface Arcs {
  /** to (t + 1, u); at the last frame and position, to the end */
  blank: tf.Tensor
  /** to (t, u + 1); not used at the last position */
  label: tf.Tensor
}

/** Probabilities that a path takes the arcs (N, T, U + 1); zero in the padding. */
export type Occupancies = Arcs

type Lengths = Pick<RnntTargets, 'frameLengths' | 'labelLengths'>

/** Where cells lie in lattices that are laid out by diagonals. */
interface Layout {
  examples: number
  frames: number
  positions: number
  diagonals: number
  /** (N, 1) */
  frameLengths: tf.Tensor
  labelLengths: tf.Tensor
}

/** −log of the summed probability of all paths, in nats: (N). */
export function latticeCosts(arcs: Arcs, lengths: Lengths): tf.Tensor {
  const layout = layoutOf(arcs, lengths)
  return costsOf(arcs, layout, sweep(layout, [forwardScores(arcs, layout)]))
}

/** Costs as `latticeCosts` gives them, and what each arc has of the paths' probability. */
export function latticeOccupancies(arcs: Arcs, lengths: Lengths): { costs: tf.Tensor; occupancies: Occupancies } {
  const layout = layoutOf(arcs, lengths)
  const swept = sweep(layout, [forwardScores(arcs, layout), backwardScores(arcs, layout)])
  return { costs: costsOf(arcs, layout, swept), occupancies: occupanciesOf(layout, swept) }
}

function layoutOf({ blank }: Arcs, { frameLengths, labelLengths }: Lengths): Layout {
  const [examples, frames, positions] = blank.shape as [number, number, number]
  return {
    examples, frames, positions, diagonals: frames + positions - 1,
    frameLengths: tf.reshape(frameLengths, [examples, 1]),
    labelLengths: tf.reshape(labelLengths, [examples, 1]),
  }
}

/** The scores with which the cells of all diagonals but the first are entered: ((D − 1)·N, U + 1) each. */
interface EntryScores {
  fromFrame: tf.Tensor
  fromPosition: tf.Tensor
}

/** (D − 1, N, U + 1) or what broadcasts to it: each cell's frame t = d − u and position. */
function cells({ diagonals, positions }: Layout): { frame: tf.Tensor; position: tf.Tensor } {
  const diagonal = tf.reshape(tf.add(iota(diagonals - 1), integer(1)), [diagonals - 1, 1, 1])
  const position = tf.reshape(iota(positions), [1, 1, positions])
  return { frame: tf.sub(diagonal, position), position }
}

function forwardScores({ blank, label }: Arcs, layout: Layout): EntryScores {
  const { frame, position } = cells(layout)
  const [before, previous] = [tf.sub(frame, integer(1)), tf.sub(position, integer(1))]
  const left = leftOf(layout, frame, position)
  return {
    fromFrame: read(blank, layout, before, position, allNonNegative(left, before)),
    fromPosition: read(label, layout, frame, previous, allNonNegative(left, frame, previous)),
  }
}

/** Those of the reversed lattice, whose cell (t, u) is the cell (frames − 1 − t, labels − u), from which the arcs lead on. */
function backwardScores({ blank, label }: Arcs, layout: Layout): EntryScores {
  const { frame, position } = cells(layout)
  const original = tf.sub(tf.sub(layout.frameLengths, integer(1)), frame)
  const originalPosition = tf.sub(layout.labelLengths, position)
  const left = tf.minimum(original, originalPosition)
  return {
    fromFrame: read(blank, layout, original, originalPosition, allNonNegative(left, tf.sub(frame, integer(1)))),
    fromPosition: read(label, layout, original, originalPosition, allNonNegative(left, frame, tf.sub(position, integer(1)))),
  }
}

/** How far cells are from the end of their example's lattice on the nearer axis; negative beyond it. */
function leftOf({ frameLengths, labelLengths }: Pick<Layout, 'frameLengths' | 'labelLengths'>, frame: tf.Tensor, position: tf.Tensor): tf.Tensor {
  return tf.minimum(tf.sub(tf.sub(frameLengths, integer(1)), frame), tf.sub(labelLengths, position))
}

/**
 * Whether whole numbers are all 0 or more, of shapes that broadcast. Not by `logicalAnd`, which ONNX Runtime's WebGPU
 * provider computes wrongly for some shapes that broadcast, such as (D, N, 1) with (D, N, 4).
 */
export function allNonNegative(...numbers: [tf.Tensor, ...tf.Tensor[]]): tf.Tensor {
  return tf.greaterEqual(numbers.reduce((a, b) => tf.minimum(a, b)), integer(0))
}

/** scores[n, frame, position] where `real`, elsewhere the impossible: (D − 1, N, U + 1). */
function read(scores: tf.Tensor, layout: Layout, frame: tf.Tensor, position: tf.Tensor, real: tf.Tensor): tf.Tensor {
  const { examples, frames, positions } = layout
  const example = tf.reshape(iota(examples), [examples, 1])
  const row = tf.add(tf.mul(example, integer(frames * positions)), tf.mul(frame, integer(positions)))
  const place = tf.where(real, tf.add(row, position), integer(0))
  return tf.where(real, tf.gather(tf.reshape(scores, [-1]), place), tf.scalar(IMPOSSIBLE))
}

/** What one pass over the diagonals gives, for its S·N lattices one after the other. */
interface Swept {
  /** Scores of all cells relative to the best of their diagonal: (D, S·N, U + 1). */
  scores: tf.Tensor
  /** The best scores, each relative to that of the diagonal before: (D − 1, S·N). */
  best: tf.Tensor
  /** Score by which a cell is rather entered from the frame before than from the position before: (D − 1, S·N, U + 1). */
  preference: tf.Tensor
}

function sweep({ examples, positions, diagonals }: Layout, entries: readonly EntryScores[]): Swept {
  const rows = entries.length * examples
  const together = (parts: tf.Tensor[]): tf.Tensor => tf.reshape(tf.concat(parts, 1), [-1, positions])
  const sequences = [
    together(entries.map(({ fromFrame }) => fromFrame)),
    together(entries.map(({ fromPosition }) => fromPosition)),
  ]
  const first = tf.mul(tf.cast(tf.greater(iota(positions), integer(0)), 'float32'), IMPOSSIBLE)
  const initial = tf.tile(tf.expandDims(first, 0), [rows, 1])
  // The first position is never entered from another: what is read for it does not matter.
  const before = tf.maximum(tf.sub(iota(positions), integer(1)), integer(0))
  const { outputs } = timeLoop({ steps: diagonals - 1, initial: [initial], sequences }, ([scores], [fromFrame, fromPosition]) => {
    const waited = tf.add(scores as tf.Tensor, fromFrame as tf.Tensor)
    const emitted = tf.add(tf.gather(scores as tf.Tensor, before, 1), fromPosition as tf.Tensor)
    const preference = tf.sub(waited, emitted)
    // logAdd; the difference to the first operand alone would lose the second where the first is impossible.
    const sum = tf.add(tf.maximum(waited, emitted), tf.softplus(tf.neg(tf.abs(preference))))
    const best = tf.max(sum, 1, true)
    const next = tf.sub(sum, best)
    return { state: [next], outputs: [next, best, preference] }
  })
  const [scores, best, preference] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor]
  return {
    scores: tf.reshape(tf.concat([initial, scores], 0), [diagonals, rows, positions]),
    best: tf.reshape(best, [diagonals - 1, rows]),
    preference: tf.reshape(preference, [diagonals - 1, rows, positions]),
  }
}

/** The score of the last cell is the sum of what each diagonal's best had more than the one before; a last blank ends. */
function costsOf({ blank }: Arcs, layout: Layout, { best }: Swept): tf.Tensor {
  const { examples, frames, positions, diagonals, frameLengths, labelLengths } = layout
  const last = tf.reshape(tf.add(tf.sub(frameLengths, integer(1)), labelLengths), [1, examples])
  const crossed = tf.less(tf.expandDims(iota(diagonals - 1), 1), last)
  const forward = tf.slice(best, [0, 0], [diagonals - 1, examples])
  const reached = tf.sum(tf.where(crossed, forward, tf.scalar(0)), 0)
  const cell = tf.add(tf.mul(tf.sub(frameLengths, integer(1)), integer(positions)), labelLengths)
  const end = tf.add(tf.mul(iota(examples), integer(frames * positions)), tf.reshape(cell, [-1]))
  return tf.neg(tf.add(reached, tf.gather(tf.reshape(blank, [-1]), end)))
}

function occupanciesOf(layout: Layout, { scores, preference }: Swept): Occupancies {
  const { examples, frames, positions, diagonals, frameLengths, labelLengths } = layout
  const example = tf.reshape(iota(examples), [examples, 1])
  const position = tf.reshape(iota(positions), [1, 1, positions])
  const reversedPosition = tf.maximum(tf.sub(labelLengths, position), integer(0))
  const last = tf.add(tf.sub(frameLengths, integer(1)), labelLengths)

  // β of the cells of a diagonal: scores of the reversed lattice, on the diagonal that is as far from its end.
  const diagonal = tf.reshape(iota(diagonals), [diagonals, 1, 1])
  const reversedDiagonal = tf.maximum(tf.sub(last, diagonal), integer(0))
  const reversedRow = tf.add(tf.mul(reversedDiagonal, integer(2 * examples)), tf.add(example, integer(examples)))
  const beta = tf.gather(tf.reshape(scores, [-1]), tf.add(tf.mul(reversedRow, integer(positions)), reversedPosition))
  const alpha = tf.slice(scores, [0, 0, 0], [diagonals, examples, positions])
  const frame = tf.sub(diagonal, position)
  const real = allNonNegative(leftOf(layout, frame, position), frame)
  const through = tf.softmax(tf.where(real, tf.add(alpha, beta), tf.scalar(IMPOSSIBLE)))

  // From diagonals to frames: (N, T, U + 1).
  const perExample = [examples, 1, 1]
  const ofFrame = tf.reshape(iota(frames), [1, frames, 1])
  const crossing = tf.add(ofFrame, position)
  const cell = tf.add(tf.mul(tf.add(tf.mul(crossing, integer(examples)), tf.reshape(example, perExample)), integer(positions)), position)
  const ends = { frameLengths: tf.reshape(frameLengths, perExample), labelLengths: tf.reshape(labelLengths, perExample) }
  const inside = allNonNegative(leftOf(ends, ofFrame, position))
  const occupancy = tf.where(inside, tf.gather(tf.reshape(through, [-1]), cell), tf.scalar(0))

  // The reversed lattice's cells are entered by the arcs that leave ours; what leaves the last cell is its blank.
  const toEnd = tf.sub(tf.reshape(last, perExample), crossing)
  const entered = tf.maximum(tf.sub(toEnd, integer(1)), integer(0))
  const enteredRow = tf.add(tf.mul(entered, integer(2 * examples)), tf.add(tf.reshape(example, perExample), integer(examples)))
  const enteredPosition = tf.maximum(tf.sub(ends.labelLengths, position), integer(0))
  const place = tf.add(tf.mul(enteredRow, integer(positions)), enteredPosition)
  const odds = tf.clipByValue(tf.gather(tf.reshape(preference, [-1]), place), -100, 100)
  const blankShare = tf.where(tf.greater(toEnd, integer(0)), tf.sigmoid(odds), tf.scalar(1))
  const blank = tf.mul(occupancy, blankShare)
  return { blank, label: tf.sub(occupancy, blank) }
}
