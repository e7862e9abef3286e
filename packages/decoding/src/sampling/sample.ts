import { generate, type Choice } from '../generate.js'
import type { Hypothesis } from '../hypothesis.js'
import type { TokenModel } from '../model.js'
import { checkSampleOptions, type CheckedSampleOptions, type SampleOptions } from '../options.js'
import { uniform } from './random.js'
import { nucleus, typical, type Weighted } from './truncation.js'

/**
 * Ancestral sampling. A sentence's draws depend on (seed, sentence id, position) alone, not on its batch.
 * Filters come first, then temperature, `topK`, `topP` and `typicalP`, in that order.
 *
 * @returns one hypothesis per sentence; `logProb` is the model's own, before filters, temperature and truncation
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function sample<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: SampleOptions,
): Promise<Hypothesis[]> {
  const checked = checkSampleOptions(options, model.vocabSize)
  return generate(model, batch, checked, checked.topK, (choice) => draw(choice, checked))
}

function draw(choice: Choice, options: CheckedSampleOptions): number {
  const { topP, typicalP, seed, sentenceIds } = options
  let tokens = weighted(choice, options)
  if (tokens.length === 0) return -1
  if (topP < 1) tokens = nucleus(tokens, topP)
  if (typicalP < 1) tokens = typical(tokens, typicalP)
  const mass = tokens.reduce((sum, { weight }) => sum + weight, 0)
  let rest = uniform(seed, sentenceIds[choice.sentence]!, choice.position) * mass
  let drawn = 0
  while (drawn < tokens.length - 1 && rest >= tokens[drawn]!.weight) rest -= tokens[drawn++]!.weight
  return tokens[drawn]!.at
}

/** The topK most probable allowed candidates, best first. */
function weighted(choice: Choice, { temperature, topK }: CheckedSampleOptions): Weighted[] {
  const { candidates: { ids, logProbs }, start, end, lower } = choice
  const allowed: { at: number, logProb: number }[] = []
  for (let at = start; at < end; at++) {
    const logProb = lower === undefined ? logProbs[at]! : lower(ids[at]!, logProbs[at]!)
    if (logProb > -Infinity) allowed.push({ at, logProb })
  }
  if (lower !== undefined) allowed.sort((a, b) => b.logProb - a.logProb || ids[a.at]! - ids[b.at]!)
  const best = allowed[0]?.logProb ?? 0
  return allowed.slice(0, topK).map(({ at, logProb }) => ({ at, weight: Math.exp((logProb - best) / temperature) }))
}
