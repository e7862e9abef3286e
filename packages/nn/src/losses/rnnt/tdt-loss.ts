import { tf } from '@parlance/runtime'
import { customGradient, withoutGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { summed, type SummedLoss, weightsFor } from '../summed.js'
import { arcsOf, everyFrame, logitGradient, type SavedCells } from './cells.js'
import type { RnntOptions } from './rnnt-loss.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import { tdtArcs, tdtOccupancies } from './tdt-lattice.js'
import { IMPOSSIBLE } from './wavefront.js'

/** The cost of an example without a path, which stands for none: that of a path is never below 0. */
const NO_PATH = -1

export interface TdtOptions extends RnntOptions {
  /** By how many frames a symbol may go on, in the order of the duration logits; blank takes none of 0. Default 0, 1, 2, 3, 4. */
  durations?: readonly number[]
}

/**
 * Loss of the token-and-duration transducer (Xu et al. 2023, "Efficient Sequence Transduction by Jointly Predicting Tokens
 * and Durations"): the joiner also tells by how many frames to go on after a symbol. Both distributions are normalised by
 * themselves. A path ends with a blank that leads exactly to the end of the frames; where the durations allow no path, an
 * example adds nothing, does not count and has no gradient.
 *
 * @param logits (N, T, U + 1, V), before softmax
 * @param durationLogits (N, T, U + 1, durations), before softmax
 */
export function tdtLoss(
  logits: tf.Tensor,
  durationLogits: tf.Tensor,
  targets: RnntTargets,
  { blank = 0, durations = [0, 1, 2, 3, 4], weights }: TdtOptions = {},
): SummedLoss {
  const [examples, frames, positions, size] = dimensions(logits, 4, 'The logits of a transducer (N, T, U + 1, V)')
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  checkDurations(durations)
  const wanted = [examples, frames, positions, durations.length]
  if (durationLogits.shape.join() !== wanted.join()) {
    throw new Error(`The duration logits must have shape [${wanted.join(', ')}], got [${durationLogits.shape.join(', ')}].`)
  }
  const kinds = tdtArcs(durations)
  const blanks = durations.filter((duration) => duration > 0).length
  const costs = customGradient(
    (save, logits, durationLogits) => {
      const { arcs, ...softmax } = arcsOf(logits, everyFrame(arcLabels(targets, blank), frames), blank)
      const log = tf.logSoftmax(durationLogits)
      const ofBlank = tf.add(above0(log, durations), tf.expandDims(arcs.blank, 3))
      const scores = tf.concat([ofBlank, tf.add(log, tf.expandDims(arcs.label, 3))], 3)
      const { costs, occupancies } = tdtOccupancies(scores, kinds, targets)
      const feasible = tf.less(costs, -IMPOSSIBLE / 2)
      const real = tf.mul(occupancies, tf.reshape(tf.cast(feasible, 'float32'), [examples, 1, 1, 1]))
      const [byBlank, byLabel] = tf.split(real, [blanks, durations.length], 3) as [tf.Tensor, tf.Tensor]
      const byDuration = tf.add(from0(byBlank, durations), byLabel)
      save([softmax.probabilities, softmax.places, tf.sum(byBlank, 3), tf.sum(byLabel, 3), tf.exp(log), byDuration])
      return {
        value: tf.where(feasible, costs, tf.scalar(NO_PATH)),
        gradient: (dy, saved) => {
          const [probabilities, byDuration] = saved.slice(4) as [tf.Tensor, tf.Tensor]
          const expected = tf.mul(probabilities, tf.sum(byDuration, 3, true))
          const toDurations = tf.mul(tf.sub(expected, byDuration), tf.reshape(dy, [-1, 1, 1, 1]))
          return [logitGradient(dy, saved.slice(0, 4) as SavedCells, logits.shape, blank), toDurations]
        },
      }
    },
    logits,
    durationLogits,
  )
  const kept = withoutGradient(() => tf.cast(tf.notEqual(costs, NO_PATH), 'float32'))
  const factors = weights ? tf.mul(kept, weightsFor('the transducer loss', [examples], weights)) : kept
  return summed('the transducer loss', costs, factors)
}

function checkDurations(durations: readonly number[]): void {
  const whole = durations.every((duration) => Number.isInteger(duration) && duration >= 0)
  if (whole && new Set(durations).size === durations.length && durations.some((duration) => duration > 0)) return
  throw new Error(`Durations must be different whole numbers of 0 or more, one of them more, got ${durations.join(', ') || 'none'}.`)
}

/** Of columns for all durations, those of durations above 0. */
function above0(x: tf.Tensor, durations: readonly number[]): tf.Tensor {
  const zero = durations.indexOf(0)
  if (zero < 0) return x
  const [before, , after] = tf.split(x, [zero, 1, durations.length - zero - 1], 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
  return tf.concat([before, after], 3)
}

/** The inverse of `above0`, with nothing for duration 0. */
function from0(x: tf.Tensor, durations: readonly number[]): tf.Tensor {
  const zero = durations.indexOf(0)
  if (zero < 0) return x
  const [before, after] = tf.split(x, [zero, durations.length - zero - 1], 3) as [tf.Tensor, tf.Tensor]
  const nothing = tf.zeros([...x.shape.slice(0, 3), 1])
  return tf.concat([before, nothing, after], 3)
}
