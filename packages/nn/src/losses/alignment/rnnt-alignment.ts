import { tf } from '@parlance/runtime'
import { dimensions } from '../../dimensions.js'
import { arcsOf, everyFrame } from '../rnnt/cells.js'
import type { RnntOptions } from '../rnnt/rnnt-loss.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from '../rnnt/targets.js'
import { logAdd } from './log-add.js'

/** Where the labels of one example lie in its frames, by a transducer. Matrices are row by row, (T, U + 1) of its own lengths. */
export interface RnntAlignment {
  frames: number
  labels: number
  /** Of each label, the frame at which the most probable path emits it (Viterbi): never decreasing. */
  labelFrames: number[]
  /** log of the most probable path's probability, in nats. */
  bestPath: number
  /** log of the probability of all paths, in nats: minus the loss. */
  total: number
  /** Posterior probabilities that a path emits blank, or the next label, at (t, u). */
  blank: Float64Array
  label: Float64Array
}

/**
 * The alignment of each example, computed in float64 on the host from what a model gives. Not for a training step: it
 * reads tensors.
 *
 * @param logits (N, T, U + 1, V) of the joiner, or log-probabilities
 */
export function rnntAlignments(
  logits: tf.Tensor,
  targets: RnntTargets,
  { blank = 0 }: Pick<RnntOptions, 'blank'> = {},
): RnntAlignment[] {
  const [examples, frames, positions, size] = dimensions(logits, 4, 'The logits of a transducer (N, T, U + 1, V)')
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  const both = tf.tidy(() => {
    const { arcs } = arcsOf(logits, everyFrame(arcLabels(targets, blank), frames), blank)
    return tf.stack([arcs.blank, arcs.label])
  })
  const scores = both.dataSync()
  both.dispose()
  const labelLengths = targets.labelLengths.dataSync()
  return Array.from(targets.frameLengths.dataSync(), (length, n) => {
    const at = (kind: number) => (t: number, u: number) =>
      scores[((kind * examples + n) * frames + t) * positions + u] as number
    return alignRnnt(length, labelLengths[n] as number, { blank: at(0), label: at(1) })
  })
}

/** Log-probability of an arc that leaves a cell. */
type Score = (frame: number, position: number) => number

/** The alignment of one lattice of `frames` frames and `labels` labels, in −∞ … 0 each arc. */
export function alignRnnt(frames: number, labels: number, score: { blank: Score; label: Score }): RnntAlignment {
  const width = labels + 1
  const at = (t: number, u: number): number => t * width + u
  const alpha = new Float64Array(frames * width).fill(-Infinity)
  const best = new Float64Array(frames * width).fill(-Infinity)
  const emitted = new Uint8Array(frames * width)
  alpha[0] = best[0] = 0
  for (let t = 0; t < frames; t++) {
    for (let u = 0; u <= labels; u++) {
      const here = at(t, u)
      if (t > 0) {
        const waiting = score.blank(t - 1, u)
        alpha[here] = (alpha[at(t - 1, u)] as number) + waiting
        best[here] = (best[at(t - 1, u)] as number) + waiting
      }
      if (u === 0) continue
      const emitting = score.label(t, u - 1)
      alpha[here] = logAdd(alpha[here] as number, (alpha[here - 1] as number) + emitting)
      const byLabel = (best[here - 1] as number) + emitting
      if (byLabel > (best[here] as number)) {
        best[here] = byLabel
        emitted[here] = 1
      }
    }
  }
  const last = at(frames - 1, labels)
  const end = score.blank(frames - 1, labels)
  const total = (alpha[last] as number) + end
  return {
    frames, labels, total,
    bestPath: (best[last] as number) + end,
    labelFrames: traceBack(frames, labels, emitted),
    ...occupancies(frames, labels, alpha, total, score),
  }
}

/** @param emitted (T, U + 1): whether the best path into a cell comes by a label */
function traceBack(frames: number, labels: number, emitted: Uint8Array): number[] {
  const labelFrames = new Array<number>(labels).fill(0)
  let [t, u] = [frames - 1, labels]
  while (u > 0) {
    if (emitted[t * (labels + 1) + u] || t === 0) labelFrames[--u] = t
    else t--
  }
  return labelFrames
}

function occupancies(
  frames: number,
  labels: number,
  alpha: Float64Array,
  total: number,
  score: { blank: Score; label: Score },
): Pick<RnntAlignment, 'blank' | 'label'> {
  const width = labels + 1
  const [blank, label] = [new Float64Array(frames * width), new Float64Array(frames * width)]
  const beta = new Float64Array(frames * width).fill(-Infinity)
  for (let t = frames - 1; t >= 0; t--) {
    for (let u = labels; u >= 0; u--) {
      const here = t * width + u
      const after = t < frames - 1 ? (beta[here + width] as number) : u === labels ? 0 : -Infinity
      const waiting = score.blank(t, u) + after
      const emitting = u < labels ? score.label(t, u) + (beta[here + 1] as number) : -Infinity
      beta[here] = logAdd(waiting, emitting)
      const before = (alpha[here] as number) - total
      blank[here] = Math.exp(before + waiting)
      label[here] = Math.exp(before + emitting)
    }
  }
  return { blank, label }
}
