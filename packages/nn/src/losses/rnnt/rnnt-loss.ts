import { tf } from '@parlance/runtime'
import { customGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { iota } from '../../iota.js'
import { summed, type SummedLoss, type WeightOptions } from '../summed.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import { type Arcs, latticeCosts, latticeOccupancies } from './wavefront.js'

export interface RnntOptions extends WeightOptions {
  /** The class that emits nothing and goes on to the next frame. Default 0. */
  blank?: number
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
export function rnntLoss(logits: tf.Tensor, targets: RnntTargets, { blank = 0, weights }: RnntOptions = {}): SummedLoss {
  const [examples, , positions, size] = dimensions(logits, 4, 'The logits of a transducer (N, T, U + 1, V)')
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  const differentiated = tf.engine().isTapeOn()
  const costs = customGradient((save, logits) => {
    const { arcs, probabilities, places } = arcsOf(logits, targets, blank)
    if (!differentiated) return { value: latticeCosts(arcs, targets), gradient: () => [] }
    const { costs, occupancies } = latticeOccupancies(arcs, targets)
    save([probabilities, places, occupancies.blank, occupancies.label])
    return {
      value: costs,
      gradient: (dy, saved) => {
        const [probabilities, places, ofBlank, ofLabel] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const scale = tf.reshape(dy, [-1, 1, 1])
        const column = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.mul(x, scale), [-1, 1])
        const gradient = logitGradient(probabilities, places, column(ofBlank), column(ofLabel), blank)
        return [tf.reshape(gradient, logits.shape)]
      },
    }
  }, logits)
  return summed('the transducer loss', costs, weights)
}

/**
 * The log-probabilities of blank and label for each cell, without those of the other classes.
 *
 * @returns also softmax(logits) (M, V) and the place of each cell's label in it, int32 (M, 2), M = N·T·(U + 1)
 */
export function arcsOf(
  logits: tf.Tensor,
  targets: RnntTargets,
  blank: number,
): { arcs: Arcs; probabilities: tf.Tensor; places: tf.Tensor } {
  const [examples, frames, positions, size] = logits.shape as [number, number, number, number]
  const rows = tf.reshape(logits, [-1, size])
  const probabilities = tf.softmax(rows)
  const labels = tf.tile(tf.expandDims(arcLabels(targets, blank), 1), [1, frames, 1])
  const places = tf.stack([iota(examples * frames * positions), tf.reshape(labels, [-1])], 1)
  // log Σ eˣ = max x − log max p, and the greatest probability is never small.
  const normalizer = tf.sub(tf.max(rows, 1), tf.log(tf.max(probabilities, 1)))
  const cell = (x: tf.Tensor): tf.Tensor => tf.reshape(tf.sub(x, normalizer), [examples, frames, positions])
  const ofBlank = tf.reshape(tf.slice(rows, [0, blank], [-1, 1]), [-1])
  return { arcs: { blank: cell(ofBlank), label: cell(tf.gatherND(rows, places)) }, probabilities, places }
}

/**
 * softmax · (blank + label) minus the occupancies of blank and label at their classes: (M, V). One product and a scatter
 * into 2·M places, which never meet, as no cell's label is blank.
 *
 * @param ofBlank (M, 1), scaled by the loss's gradient, as is
 * @param ofLabel (M, 1)
 */
function logitGradient(
  probabilities: tf.Tensor,
  places: tf.Tensor,
  ofBlank: tf.Tensor,
  ofLabel: tf.Tensor,
  blank: number,
): tf.Tensor {
  const rows = places.shape[0] as number
  const dense = tf.mul(probabilities, tf.add(ofBlank, ofLabel))
  const blankPlaces = tf.stack([iota(rows), tf.fill([rows], blank, 'int32')], 1)
  const all = tf.concat([blankPlaces, places], 0)
  const occupied = tf.reshape(tf.concat([ofBlank, ofLabel], 0), [-1])
  return tf.tensorScatterUpdate(dense, all, tf.sub(tf.gatherND(dense, all), occupied))
}
