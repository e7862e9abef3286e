import { type Choice, finish, generate } from '../generate.js'
import type { Hypothesis } from '../hypothesis.js'
import type { TokenModel } from '../model.js'
import { checkSampleOptions, type CheckedSampleOptions, type SampleOptions } from '../options.js'
import { uniform } from './random.js'
import { inOrder, massOf, nucleus, typical, type Weighted } from './truncation.js'

/**
 * Ancestral sampling. What is drawn depends on (seed, sentence id, draw, position) alone, not on the batch; the first
 * of several draws is what one draw gives. Filters come first, then temperature, `topK`, `topP` and `typicalP`, in that
 * order.
 *
 * @returns per sentence its draws, in the order of drawing; `logProb` is the model's own, before filters, temperature
 *   and truncation
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function sample<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: SampleOptions,
): Promise<Hypothesis[][]> {
  const checked = checkSampleOptions(options, model.vocabSize)
  const { topK: k, draws } = checked
  return finish(generate(model, batch, checked, { k, draws, decode: (choice) => drawToken(choice, checked) }))
}

function drawToken(choice: Choice, options: CheckedSampleOptions): number {
  const { topP, typicalP, seed, sentenceIds } = options
  let candidates = weighted(choice, options)
  if (candidates.at.length === 0) return -1
  if (topP < 1) candidates = nucleus(candidates, topP)
  if (typicalP < 1) candidates = typical(candidates, typicalP)
  const { at, weights } = candidates
  let rest = uniform(seed, sentenceIds[choice.sentence]!, choice.draw, choice.position) * massOf(weights)
  let drawn = 0
  while (drawn < at.length - 1 && rest >= weights[drawn]!) rest -= weights[drawn++]!
  return at[drawn]!
}

/** The topK most probable allowed candidates. */
function weighted(choice: Choice, { temperature, topK }: CheckedSampleOptions): Weighted {
  const { ids, logProbs, start, end, lower } = choice
  const at = new Int32Array(end - start)
  const lowered = new Float64Array(end - start)
  let count = 0
  let sorted = true
  for (let i = start; i < end; i++) {
    const logProb = lower === undefined ? logProbs[i]! : lower(ids[i]!, logProbs[i]!)
    if (logProb === -Infinity) continue
    if (count > 0 && logProb > lowered[count - 1]!) sorted = false
    at[count] = i
    lowered[count++] = logProb
  }
  const allowed = { at: at.subarray(0, count), weights: lowered.subarray(0, count) }
  const ranked = sorted ? allowed : inOrder(allowed, (a, b) => lowered[b]! - lowered[a]! || ids[at[a]!]! - ids[at[b]!]!)
  const best = ranked.weights[0] ?? 0
  return {
    at: ranked.at.subarray(0, topK),
    weights: ranked.weights.subarray(0, topK).map((logProb) => Math.exp((logProb - best) / temperature)),
  }
}
