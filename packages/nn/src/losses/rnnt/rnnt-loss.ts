import { tf } from '@parlance/runtime'
import { customGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { iota } from '../../iota.js'
import { summed, type SummedLoss, type WeightOptions } from '../summed.js'
import { arcsOf, everyFrame, logitGradient, type SavedCells } from './cells.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import { latticeCosts, latticeOccupancies } from './wavefront.js'

/** Nats that an arc outside of its window costs: more than any other way. */
const FORBIDDEN = -1e4

export interface RnntOptions extends WeightOptions {
  /** The class that emits nothing and goes on to the next frame. Default 0. */
  blank?: number
  /**
   * Frames in which each label may be emitted, int32 (N, U) each: from `earliest` to `latest`, both included (alignment-restricted
   * RNN-T, Mahadeokar et al. 2021). Only alignments that keep to them count. Default: all.
   */
  windows?: { earliest: tf.Tensor; latest: tf.Tensor }
}

/**
 * Transducer loss: −log p(labels | logits) summed over all alignments (Graves 2012, "Sequence Transduction with Recurrent
 * Neural Networks"). The gradient by the logits is softmax · occupancy − the occupancy of blank and label, so that beside
 * one tensor of the logits' size, their softmax, nothing is kept but what has no axis V.
 *
 * @param logits (N, T, U + 1, V) of the joiner, before softmax, or log-probabilities, whose softmax is the same; T and U
 *   are static
 * @returns the sum over the examples, in nats; each example counts, by its weight (N) if given
 */
export function rnntLoss(logits: tf.Tensor, targets: RnntTargets, { blank = 0, windows, weights }: RnntOptions = {}): SummedLoss {
  const [examples, frames, positions, size] = dimensions(logits, 4, 'The logits of a transducer (N, T, U + 1, V)')
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  const differentiated = tf.engine().isTapeOn()
  const costs = customGradient((save, logits) => {
    const { arcs: all, ...softmax } = arcsOf(logits, everyFrame(arcLabels(targets, blank), frames), blank)
    const arcs = windows ? { ...all, label: tf.add(all.label, outside(windows, frames)) } : all
    if (!differentiated) return { value: latticeCosts(arcs, targets), gradient: () => [] }
    const { costs, occupancies } = latticeOccupancies(arcs, targets)
    save([softmax.probabilities, softmax.places, occupancies.blank, occupancies.label])
    return { value: costs, gradient: (dy, saved) => [logitGradient(dy, saved as SavedCells, logits.shape, blank)] }
  }, logits)
  return summed('the transducer loss', costs, weights)
}

/** What makes the arcs of labels outside of their windows impossible, but not infinitely so: (N, T, U + 1). */
function outside({ earliest, latest }: NonNullable<RnntOptions['windows']>, frames: number): tf.Tensor {
  const time = tf.reshape(iota(frames), [1, frames, 1])
  const never = tf.logicalOr(tf.less(time, tf.expandDims(earliest, 1)), tf.greater(time, tf.expandDims(latest, 1)))
  return tf.pad(tf.mul(tf.cast(never, 'float32'), FORBIDDEN), [[0, 0], [0, 0], [0, 1]])
}
