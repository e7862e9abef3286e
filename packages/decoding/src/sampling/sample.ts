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
  const { topK, draws } = checked
  const k = topK < model.vocabSize || ranks(checked) ? topK : 'all'
  return finish(generate(model, batch, checked, { k, draws, decode: (choice) => drawToken(choice, checked) }))
}

function drawToken(choice: Choice, options: CheckedSampleOptions): number {
  const { topP, typicalP, seed, sentenceIds } = options
  const random = uniform(seed, sentenceIds[choice.sentence]!, choice.draw, choice.position)
  if (options.topK >= choice.end - choice.start && !ranks(options)) return drawFromAll(choice, options.temperature, random)
  let candidates = weighted(choice, options)
  if (candidates.at.length === 0) return -1
  if (topP < 1) candidates = nucleus(candidates, topP)
  if (typicalP < 1) candidates = typical(candidates, typicalP)
  const { at, weights } = candidates
  return at[pick(weights, massOf(weights), random)]!
}

/** Draws by weights whose sum is `mass`. */
function pick(weights: Float64Array, mass: number, random: number): number {
  let rest = random * mass
  let drawn = 0
  while (drawn < weights.length - 1 && rest >= weights[drawn]!) rest -= weights[drawn++]!
  return drawn
}

/** Draws from all allowed candidates: a whole vocabulary for every token, so that it has to be quick. */
function drawFromAll({ ids, logProbs, start, end, lower }: Choice, temperature: number, random: number): number {
  const weights = new Float64Array(end - start)
  let best = -Infinity
  let last = -1
  for (let i = 0; i < weights.length; i++) {
    const logProb = logProbs[start + i]!
    const lowered = lower === undefined ? logProb : lower(ids[start + i]!, logProb)
    weights[i] = lowered
    if (lowered > best) best = lowered
    if (lowered > -Infinity) last = i
  }
  if (last < 0) return -1
  let mass = 0
  for (let i = 0; i <= last; i++) mass += weights[i] = Math.exp((weights[i]! - best) / temperature)
  return start + pick(weights.subarray(0, last + 1), mass, random)
}

/** Whether it matters which of the tokens it draws from are more probable. */
function ranks({ topP, typicalP }: CheckedSampleOptions): boolean {
  return topP < 1 || typicalP < 1
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
