import { generate, type Choice } from './generate.js'
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
  return generate(model, batch, checkOptions(options, model.vocabSize), 1, mostProbable)
}

/** The candidate of the highest lowered log-probability; of equals, the one with the lowest id. */
function mostProbable({ candidates: { ids, logProbs }, start, end, lower }: Choice): number {
  let best = -1
  let highest = -Infinity
  for (let i = start; i < end; i++) {
    const logProb = lower === undefined ? logProbs[i]! : lower(ids[i]!, logProbs[i]!)
    if (logProb > highest || (logProb === highest && best >= 0 && ids[i]! < ids[best]!)) {
      best = i
      highest = logProb
    }
  }
  return best
}
