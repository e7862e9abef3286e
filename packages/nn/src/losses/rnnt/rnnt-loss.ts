import { tf } from '@parlance/runtime'
import { customGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { iota } from '../../iota.js'
import { summed, type SummedLoss, type WeightOptions } from '../summed.js'
import { arcsOf, everyFrame, logitGradient, type SavedCells } from './cells.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import { latticeCosts, latticeOccupancies } from './wavefront.js'

/** Nats that an arc costs which must not be taken: more than any other way. */
const FORBIDDEN = 1e4

export interface RnntOptions extends WeightOptions {
  /** The class that emits nothing and goes on to the next frame. Default 0. */
  blank?: number
  /**
   * Frames in which each label should be emitted, int32 (N, U) each: from `earliest` to `latest`, both included (alignment-restricted
   * RNN-T, Mahadeokar et al. 2021). `slope` is what every frame outside costs an alignment, in nats; without it only those
   * that keep to the windows count. Default: all frames.
   */
  windows?: { earliest: tf.Tensor; latest: tf.Tensor; slope?: number }
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
    const arcs = windows ? { ...all, label: tf.sub(all.label, outside(windows, frames)) } : all
    if (!differentiated) return { value: latticeCosts(arcs, targets), gradient: () => [] }
    const { costs, occupancies } = latticeOccupancies(arcs, targets)
    save([softmax.probabilities, softmax.places, occupancies.blank, occupancies.label])
    return { value: costs, gradient: (dy, saved) => [logitGradient(dy, saved as SavedCells, logits.shape, blank)] }
  }, logits)
  return summed('the transducer loss', costs, weights)
}

/** What arcs of labels outside of their windows cost, in nats: (N, T, U + 1). */
function outside({ earliest, latest, slope = FORBIDDEN }: NonNullable<RnntOptions['windows']>, frames: number): tf.Tensor {
  const time = tf.reshape(iota(frames), [1, frames, 1])
  const early = tf.relu(tf.sub(tf.expandDims(earliest, 1), time))
  const late = tf.relu(tf.sub(time, tf.expandDims(latest, 1)))
  const cost = tf.mul(tf.cast(tf.add(early, late), 'float32'), slope)
  return tf.pad(tf.minimum(cost, FORBIDDEN), [[0, 0], [0, 0], [0, 1]])
}
