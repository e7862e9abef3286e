import { tf } from '@parlance/runtime'
import { dimensions, expectWidth } from '../../dimensions.js'
import { integer, iota } from '../../iota.js'
import { summed, type SummedLoss } from '../summed.js'
import { everyFrame } from './cells.js'
import { costsAndOccupancies } from './lattice-loss.js'
import type { RnntOptions } from './rnnt-loss.js'
import { arcLabels, checkBlank, checkTargets, type RnntTargets } from './targets.js'
import type { Arcs, Occupancies } from './wavefront.js'

/** Keeps a sum of exponentials whose every term has vanished from a logarithm of zero. */
const LEAST_SUM = 1e-37

/**
 * Transducer loss of the simple joiner, whose logits at (t, u) are encoder[t] + predictor[u] (Kuang et al. 2022, "Pruned
 * RNN-T for fast, memory-efficient ASR training", section 3.1). The sum over classes is a matrix product, so that nothing
 * is as large as (N, T, U + 1, V). Trained beside the full joiner, it tells where on the lattice that need be computed.
 *
 * @param encoder (N, T, V), acoustic scores of classes
 * @param predictor (N, U + 1, V). Scores of a class should not differ by more than some 80 between the two of its best
 *   ones, beyond which the sum over classes vanishes in float32
 * @returns the loss as `rnntLoss` gives it, and what each arc has of the paths' probability, for `rnntPruningBounds`
 */
export function rnntSimpleLoss(
  encoder: tf.Tensor,
  predictor: tf.Tensor,
  targets: RnntTargets,
  { blank = 0, weights }: RnntOptions = {},
): SummedLoss & { occupancies: Occupancies } {
  const [examples, , size] = dimensions(encoder, 3, 'The scores of the encoder (N, T, V)')
  const [others, positions, width] = dimensions(predictor, 3, 'The scores of the predictor (N, U + 1, V)')
  expectWidth('A simple joiner', width, size)
  if (others !== examples) throw new Error(`Encoder and predictor must have the same examples, got ${examples} and ${others}.`)
  checkTargets(targets, examples, positions)
  checkBlank(blank, size)
  const { costs, occupancies } = costsAndOccupancies(simpleArcs(encoder, predictor, arcLabels(targets, blank), blank), targets)
  return { ...summed('the transducer loss', costs, weights), occupancies }
}

/** @param labels int32 (N, U + 1) */
function simpleArcs(encoder: tf.Tensor, predictor: tf.Tensor, labels: tf.Tensor, blank: number): Arcs {
  const [examples, frames, size] = encoder.shape as [number, number, number]
  const positions = labels.shape[1] as number
  const [most, mostByPosition] = [tf.max(encoder, 2, true), tf.max(predictor, 2, true)]
  const [exponentials, others] = [tf.exp(tf.sub(encoder, most)), tf.exp(tf.sub(predictor, mostByPosition))]
  const sum = tf.matMul(exponentials, others, false, true)
  const normalizer = tf.add(tf.add(tf.log(tf.maximum(sum, LEAST_SUM)), most), tf.transpose(mostByPosition, [0, 2, 1]))

  const blanks = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 0, blank], [-1, -1, 1])
  const blankScore = tf.add(blanks(encoder), tf.transpose(blanks(predictor), [0, 2, 1]))
  const example = tf.reshape(iota(examples), [examples, 1, 1])
  const row = (index: tf.Tensor, rows: number): tf.Tensor =>
    tf.mul(tf.add(tf.mul(example, integer(rows)), index), integer(size))
  const byFrame = tf.add(row(tf.reshape(iota(frames), [1, frames, 1]), frames), everyFrame(labels, frames))
  const byPosition = tf.add(row(tf.reshape(iota(positions), [1, 1, positions]), positions), tf.expandDims(labels, 1))
  const labelScore = tf.add(tf.gather(tf.reshape(encoder, [-1]), byFrame), tf.gather(tf.reshape(predictor, [-1]), byPosition))
  return { blank: tf.sub(blankScore, normalizer), label: tf.sub(labelScore, normalizer) }
}
