import type { Fusion, FusionState } from './fusion.js'
import { logAdd } from './log-add.js'
import type { TransducerModel } from './transducer-model.js'

/**
 * What fusion adds to a transducer's log-probabilities of tokens, its internal language model subtracted.
 *
 * @param silence an encoder frame of zeros, from which the internal language model is estimated
 * @param rows hypotheses
 * @returns of each row (vocabSize)
 */
export function transducerBonuses<State>(
  model: TransducerModel<State>,
  silence: Float32Array,
  fusion: Fusion,
  rows: readonly { predictor: State; fusion: FusionState }[],
): Float32Array[] {
  const own = rows.map((row) => fusion.bonuses(row.fusion))
  const { internalWeight: weight } = fusion
  if (weight === 0 || rows.length === 0) return own
  const { vocabSize, blank } = model
  const { tokens: scores } = model.score(rows.map(() => silence), rows.map(({ predictor }) => predictor))
  return own.map((bonuses, r) => {
    const row = scores.subarray(r * vocabSize, (r + 1) * vocabSize)
    // Over tokens alone: the blank's share is what hearing decides.
    const normalizer = row.reduce((sum, score, v) => (v === blank ? sum : logAdd(sum, score)), -Infinity)
    return bonuses.map((bonus, v) => (v === blank ? 0 : bonus - weight * ((row[v] as number) - normalizer)))
  })
}
