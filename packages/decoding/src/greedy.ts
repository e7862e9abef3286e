import { generate } from './generate.js'
import type { Hypothesis } from './hypothesis.js'
import type { TokenModel } from './model.js'
import { checkOptions, type SearchOptions } from './options.js'

/**
 * Takes the most probable allowed token at every position.
 *
 * @returns one hypothesis per sentence, in the order of the batch
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function greedy<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: SearchOptions,
): Promise<Hypothesis[]> {
  const checked = checkOptions(options, model.vocabSize)
  return generate(model, batch, checked, 1 + checked.maxRejected, (candidates, row, _sentence, position) => {
    const { ids, logProbs, width } = candidates
    for (let i = row * width; i < (row + 1) * width; i++) {
      if (logProbs[i]! > -Infinity && checked.allows(ids[i]!, position)) return i
    }
    return -1
  })
}
