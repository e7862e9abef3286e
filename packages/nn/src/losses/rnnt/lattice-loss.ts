import { tf } from '@parlance/runtime'
import { customGradient, withoutGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { summed, type SummedLoss, type WeightOptions } from '../summed.js'
import { checkTargets, type RnntTargets } from './targets.js'
import { type Arcs, latticeCosts, latticeOccupancies, type Occupancies } from './wavefront.js'

/**
 * The transducer loss from the log-probabilities of blank and of the next label alone: what is left of any joiner, and what
 * every transducer loss here ends in. Its gradient by a log-probability is minus the probability that a path takes that
 * arc.
 *
 * @param arcs (N, T, U + 1) each; a label's last position is not used
 * @returns Σ −log p(labels) over the examples, in nats; each example counts, by its weight (N) if given
 */
export function rnntLatticeLoss(arcs: Arcs, targets: RnntTargets, { weights }: WeightOptions = {}): SummedLoss {
  const [examples, , positions] = dimensions(arcs.blank, 3, 'The blank log-probabilities of a lattice (N, T, U + 1)')
  dimensions(arcs.label, 3, 'The label log-probabilities of a lattice (N, T, U + 1)')
  if (arcs.label.shape.join() !== arcs.blank.shape.join()) {
    throw new Error(
      `The label log-probabilities of a lattice must have the shape of blank's, [${arcs.blank.shape.join(', ')}], ` +
        `got [${arcs.label.shape.join(', ')}].`,
    )
  }
  checkTargets(targets, examples, positions)
  return summed('the transducer loss', arcsCosts(arcs, targets), weights)
}

/** (N), differentiable by the arcs. */
function arcsCosts({ blank, label }: Arcs, targets: RnntTargets): tf.Tensor {
  // Outside of a gradient's computation nobody will ask for occupancies.
  if (!tf.engine().isTapeOn()) return latticeCosts({ blank, label }, targets)
  return costsAndOccupancies({ blank, label }, targets).costs
}

/** Costs (N), differentiable by the arcs, with the occupancies that their gradient is, which are constants. */
export function costsAndOccupancies({ blank, label }: Arcs, targets: RnntTargets): { costs: tf.Tensor; occupancies: Occupancies } {
  const sizes = [blank.shape[0] as number, blank.size, blank.size]
  const joined = customGradient(
    (save, blank, label) => {
      const { costs, occupancies } = latticeOccupancies({ blank, label }, targets)
      save([occupancies.blank, occupancies.label])
      return {
        value: tf.concat([costs, ...[occupancies.blank, occupancies.label].map((x) => tf.reshape(x, [-1]))], 0),
        gradient: (dy, saved) => {
          const scale = tf.neg(tf.reshape(tf.slice(dy, [0], [sizes[0] as number]), [-1, 1, 1]))
          return saved.map((occupancy) => tf.mul(occupancy, scale))
        },
      }
    },
    blank,
    label,
  )
  const part = (i: number): tf.Tensor => (tf.split(joined, sizes, 0) as tf.Tensor[])[i] as tf.Tensor
  const constant = (i: number): tf.Tensor => withoutGradient(() => tf.reshape(part(i), blank.shape))
  return { costs: part(0), occupancies: { blank: constant(1), label: constant(2) } }
}
