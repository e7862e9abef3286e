/**
 * Forward–backward on the lattices of token-and-duration transducers, whose arcs go on by several frames. As in
 * `wavefront.ts` it goes by diagonals; a cell is entered from as many of them as the longest arc crosses. Paths do not
 * cross every diagonal, so that scores stay what they are and occupancies are relative to the score of the end.
 */
import { tf } from '@parlance/runtime'
import { integer, iota } from '../../iota.js'
import { timeLoop } from '../../layers/time-loop.js'
import type { RnntTargets } from './targets.js'
import { allNonNegative, IMPOSSIBLE } from './wavefront.js'

/** An arc from (t, u) to (t + duration, u + emits). */
export interface TdtArc {
  duration: number
  emits: 0 | 1
}

/** Blank with each duration above 0, then the label with each. */
export function tdtArcs(durations: readonly number[]): TdtArc[] {
  const blanks = durations.filter((duration) => duration > 0).map((duration) => ({ duration, emits: 0 as const }))
  return [...blanks, ...durations.map((duration) => ({ duration, emits: 1 as const }))]
}

interface Layout {
  examples: number
  frames: number
  positions: number
  arcs: readonly TdtArc[]
  /** (A, 1) */
  durations: tf.Tensor
  emits: tf.Tensor
  /** 1 for blank, 0 for labels: (A, 1) */
  isBlank: tf.Tensor
  /** (N, 1, 1) */
  example: tf.Tensor
  frameLengths: tf.Tensor
  labelLengths: tf.Tensor
}

/**
 * @param scores log-probabilities of the arcs that leave (t, u): (N, T, U + 1, A)
 * @returns −log of the summed probability of all paths to (frames, labels), whose last arc is a blank, (N); and the
 *   probabilities that a path takes the arcs (N, T, U + 1, A)
 */
export function tdtOccupancies(
  scores: tf.Tensor,
  arcs: readonly TdtArc[],
  { frameLengths, labelLengths }: Pick<RnntTargets, 'frameLengths' | 'labelLengths'>,
): { costs: tf.Tensor; occupancies: tf.Tensor } {
  const [examples, frames, positions] = scores.shape as [number, number, number, number]
  const column = (values: number[]): tf.Tensor => tf.tensor2d(values, [values.length, 1], 'int32')
  const perExample = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [examples, 1, 1])
  const layout: Layout = {
    examples, frames, positions, arcs,
    durations: column(arcs.map(({ duration }) => duration)),
    emits: column(arcs.map(({ emits }) => emits)),
    isBlank: column(arcs.map(({ emits }) => 1 - emits)),
    example: perExample(iota(examples)),
    frameLengths: perExample(frameLengths),
    labelLengths: perExample(labelLengths),
  }
  const paths = sweep(layout, entryScores(scores, layout))
  const end = tf.add(frameLengths, labelLengths)
  const endRow = tf.add(tf.mul(end, integer(2 * examples)), iota(examples))
  const total = tf.gather(paths, tf.add(tf.mul(endRow, integer(positions)), labelLengths))
  return { costs: tf.neg(total), occupancies: occupanciesOf(scores, layout, paths, total) }
}

/** The end, where t is the number of frames, is the one cell there, and only blanks lead to it. */
function reachable({ isBlank }: Layout, framesLeft: tf.Tensor, positionsLeft: tf.Tensor): tf.Tensor {
  const atEnd = tf.mul(tf.cast(tf.equal(positionsLeft, integer(0)), 'int32'), isBlank)
  return tf.minimum(tf.add(tf.sub(framesLeft, integer(1)), atEnd), positionsLeft)
}

/** Scores by which the cells of the diagonals 1 … T + U are entered, forward and in the reversed lattice: (steps·2N, A·(U + 1)). */
function entryScores(scores: tf.Tensor, layout: Layout): tf.Tensor {
  const { examples, frames, positions, arcs, durations, emits, frameLengths, labelLengths } = layout
  const steps = frames + positions - 1
  const diagonal = tf.reshape(tf.add(iota(steps), integer(1)), [steps, 1, 1, 1])
  const position = tf.reshape(iota(positions), [1, 1, 1, positions])
  const frame = tf.sub(diagonal, position)
  const [before, previous] = [tf.sub(frame, durations), tf.sub(position, emits)]
  const forward = read(scores, layout, before, previous, [
    reachable(layout, tf.sub(frameLengths, frame), tf.sub(labelLengths, position)), before, previous,
  ])
  const [original, originalPosition] = [tf.sub(frameLengths, frame), tf.sub(labelLengths, position)]
  const backward = read(scores, layout, original, originalPosition, [
    reachable(layout, before, previous), original, originalPosition, tf.sub(frame, integer(1)),
  ])
  return tf.reshape(tf.concat([forward, backward], 1), [steps * 2 * examples, arcs.length * positions])
}

/** scores[n, frame, position, arc] where all numbers are 0 or more, elsewhere the impossible: (steps, N, A, U + 1). */
function read(
  scores: tf.Tensor,
  { frames, positions, arcs, example }: Layout,
  frame: tf.Tensor,
  position: tf.Tensor,
  numbers: [tf.Tensor, ...tf.Tensor[]],
): tf.Tensor {
  const real = allNonNegative(...numbers)
  const row = tf.add(tf.mul(tf.add(tf.mul(example, integer(frames)), frame), integer(positions)), position)
  const place = tf.add(tf.mul(row, integer(arcs.length)), tf.expandDims(iota(arcs.length), 1))
  return tf.where(real, tf.gather(tf.reshape(scores, [-1]), tf.where(real, place, integer(0))), tf.scalar(IMPOSSIBLE))
}

/** The scores of all cells, (T + U + 1) diagonals of 2N lattices, flat. */
function sweep({ examples, frames, positions, arcs }: Layout, entries: tf.Tensor): tf.Tensor {
  const rows = 2 * examples
  const crossed = arcs.map(({ duration, emits }) => duration + emits)
  const kept = Math.max(...crossed)
  const first = tf.mul(tf.cast(tf.greater(iota(positions), integer(0)), 'float32'), IMPOSSIBLE)
  const start = tf.tile(tf.expandDims(first, 0), [rows, 1])
  const initial = kept === 1 ? start : tf.concat([start, tf.fill([rows, (kept - 1) * positions], IMPOSSIBLE)], 1)
  // Of the last diagonals, side by side, what each arc comes from; before the first position nothing is entered.
  const sources = arcs.flatMap(({ emits }, a) =>
    Array.from({ length: positions }, (_, u) => ((crossed[a] as number) - 1) * positions + Math.max(0, u - emits)),
  )
  const from = tf.tensor1d(sources, 'int32')
  const { outputs } = timeLoop(
    { steps: frames + positions - 1, initial: [initial], sequences: [entries] },
    ([history], [entering]) => {
      const terms = tf.add(tf.gather(history as tf.Tensor, from, 1), entering as tf.Tensor)
      const next = tf.logSumExp(tf.reshape(terms, [rows, arcs.length, positions]), 1)
      const older = tf.slice(history as tf.Tensor, [0, 0], [rows, (kept - 1) * positions])
      return { state: [kept === 1 ? next : tf.concat([next, older], 1)], outputs: [next] }
    },
  )
  return tf.reshape(tf.concat([start, outputs[0] as tf.Tensor], 0), [-1])
}

function occupanciesOf(scores: tf.Tensor, layout: Layout, paths: tf.Tensor, total: tf.Tensor): tf.Tensor {
  const { examples, frames, positions, arcs } = layout
  const perExample = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [examples, 1, 1, 1])
  const [example, frameLengths, labelLengths] = [layout.example, layout.frameLengths, layout.labelLengths].map(perExample)
  const alongArcs = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [arcs.length])
  const [durations, emits, isBlank] = [layout.durations, layout.emits, layout.isBlank].map(alongArcs) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const frame = tf.reshape(iota(frames), [1, frames, 1, 1])
  const position = tf.reshape(iota(positions), [1, 1, positions, 1])
  const at = (diagonal: tf.Tensor, row: tf.Tensor, position: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(tf.add(tf.mul(diagonal, integer(2 * examples)), row), integer(positions)), position)
  const alpha = tf.gather(paths, at(tf.add(frame, position), example as tf.Tensor, position))
  // Where the arc leads, in the reversed lattice.
  const after = tf.sub(tf.sub(frameLengths as tf.Tensor, frame), durations)
  const next = tf.sub(tf.sub(labelLengths as tf.Tensor, position), emits)
  const real = allNonNegative(reachable({ ...layout, isBlank }, after, next))
  const place = at(tf.add(after, next), tf.add(example as tf.Tensor, integer(examples)), next)
  const beta = tf.gather(paths, tf.where(real, place, integer(0)))
  const log = tf.sub(tf.add(tf.add(alpha, beta), scores), perExample(total))
  // Without any path the total is no less impossible than the rest.
  return tf.where(real, tf.exp(tf.minimum(log, 0)), tf.scalar(0))
}
