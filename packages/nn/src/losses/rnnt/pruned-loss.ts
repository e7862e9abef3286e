import { tf } from '@parlance/runtime'
import { customGradient } from '../../custom-gradient.js'
import { dimensions } from '../../dimensions.js'
import { integer, iota } from '../../iota.js'
import { summed, type SummedLoss, weightsFor } from '../summed.js'
import { arcsOf, logitGradient, type SavedCells } from './cells.js'
import { bandPositions } from './pruning.js'
import type { RnntOptions } from './rnnt-loss.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import { type Arcs, IMPOSSIBLE, latticeCosts, latticeOccupancies } from './wavefront.js'

/**
 * Transducer loss over the paths within a band of S positions a frame (Kuang et al. 2022, section 3.2): `rnntLoss` with
 * logits that are (U + 1) / S times smaller, and never less than it.
 *
 * An example of more than T · (S − 1) labels has no path within any band: it adds nothing, does not count and has no
 * gradient.
 *
 * @param logits (N, T, S, V) of the joiner on `rnntBand`
 * @param bounds int32 (N, T) of `rnntPruningBounds`
 */
export function rnntPrunedLoss(
  logits: tf.Tensor,
  bounds: tf.Tensor,
  targets: RnntTargets,
  { blank = 0, weights }: RnntOptions = {},
): SummedLoss {
  const [examples, frames, width, size] = dimensions(logits, 4, 'The logits on a band (N, T, S, V)')
  if (bounds.shape.join() !== [examples, frames].join()) {
    throw new Error(`The bounds of a band must have shape [${examples}, ${frames}], got [${bounds.shape.join(', ')}].`)
  }
  const positions = (targets.labels.shape[1] ?? 0) + 1
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  if (width > positions) throw new Error(`A band must be at most as wide as the lattice, ${positions}, got ${width}.`)
  const differentiated = tf.engine().isTapeOn()
  const costs = customGradient((save, logits) => {
    const { arcs: ofBand, ...softmax } = arcsOf(logits, bandLabels(targets, bounds, width, blank), blank)
    const arcs = onLattice(ofBand, bounds, positions)
    if (!differentiated) return { value: latticeCosts(arcs, targets), gradient: () => [] }
    const { costs, occupancies } = latticeOccupancies(arcs, targets)
    save([softmax.probabilities, softmax.places, ...[occupancies.blank, occupancies.label].map((x) => onBand(x, bounds, width))])
    return { value: costs, gradient: (dy, saved) => [logitGradient(dy, saved as SavedCells, logits.shape, blank)] }
  }, logits)
  const longest = tf.mul(targets.frameLengths, integer(width - 1))
  const feasible = tf.lessEqual(targets.labelLengths, longest)
  const kept = tf.cast(feasible, 'float32')
  const factors = weights ? tf.mul(kept, weightsFor('the transducer loss', [examples], weights)) : kept
  return summed('the transducer loss', tf.where(feasible, costs, tf.zerosLike(costs)), factors)
}

/** Places in a matrix of `rows` rows for each example and frame: the start of its row. */
function starts(bounds: tf.Tensor, columns: number): tf.Tensor {
  const [examples, frames] = bounds.shape as [number, number]
  return tf.reshape(tf.mul(iota(examples * frames), integer(columns)), [examples, frames, 1])
}

function bandLabels(targets: RnntTargets, bounds: tf.Tensor, width: number, blank: number): tf.Tensor {
  const labels = arcLabels(targets, blank)
  const [examples, positions] = labels.shape as [number, number]
  const row = tf.mul(tf.reshape(iota(examples), [examples, 1, 1]), integer(positions))
  return tf.gather(tf.reshape(labels, [-1]), tf.add(row, bandPositions(bounds, width, positions)))
}

/** Arcs (N, T, S) on the whole lattice (N, T, U + 1), where those that leave the band are impossible. */
function onLattice({ blank, label }: Arcs, bounds: tf.Tensor, positions: number): Arcs {
  const width = blank.shape[2] as number
  const inBand = tf.sub(iota(positions), tf.expandDims(bounds, 2))
  const place = tf.add(starts(bounds, width), tf.clipByValue(inBand, 0, width - 1))
  const spread = (x: tf.Tensor, last: number): tf.Tensor => {
    const kept = tf.equal(tf.clipByValue(inBand, 0, last), inBand)
    return tf.where(kept, tf.gather(tf.reshape(x, [-1]), place), tf.scalar(IMPOSSIBLE))
  }
  return { blank: spread(blank, width - 1), label: spread(label, width - 2) }
}

/** What of (N, T, U + 1) lies on the band: (N, T, S). */
function onBand(x: tf.Tensor, bounds: tf.Tensor, width: number): tf.Tensor {
  const positions = x.shape[2] as number
  const place = tf.add(starts(bounds, positions), bandPositions(bounds, width, positions))
  return tf.gather(tf.reshape(x, [-1]), place)
}
