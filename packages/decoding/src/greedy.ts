import { DecodingError } from './errors.js'
import { type Choice, finish, generate, type Generation } from './generate.js'
import { type Hypothesis, hypothesisOf } from './hypothesis.js'
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
  return (await finish(generate(model, batch, checkOptions(options, model.vocabSize), GREEDY))).flat()
}

/**
 * Greedy search of one sentence, told after every token: yields what there is of the hypothesis, and at last the whole.
 * A search that is left early releases the model's state.
 *
 * @throws DecodingError when the batch has not exactly one sentence, and as `greedy`
 */
export async function* greedyStream<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: SearchOptions,
): AsyncGenerator<Hypothesis, void> {
  const checked = checkOptions(options, model.vocabSize)
  if (checked.sentences !== 1) throw new DecodingError(`one sentence is streamed at a time, got ${checked.sentences}`)
  const generation = generate(model, batch, checked, GREEDY)
  // A loop that is left by its consumer leaves this one too, whose end closes the generation.
  try {
    let next = await generation.next()
    for (; !next.done; next = await generation.next()) {
      const [sequence] = next.value
      if (sequence?.path === undefined) continue
      const aligned = sequence.path.attention !== undefined
      yield hypothesisOf({ ...sequence, endLogProb: undefined, aligned })
    }
    yield next.value[0]![0]!
  } finally {
    await generation.return([])
  }
}

/** The candidate of the highest lowered log-probability; of equals, the one with the lowest id. */
function mostProbable({ ids, logProbs, start, end, lower }: Choice): number {
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

const GREEDY: Generation = { k: 1, draws: 1, decode: mostProbable }
