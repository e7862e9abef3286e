import { DecodingError } from './errors.js'
import { generate } from './generate.js'
import type { Hypothesis } from './hypothesis.js'
import type { TokenModel } from './model.js'
import { checkCount, checkOptions, type SearchOptions } from './options.js'
import { uniform } from './random.js'

export interface SampleOptions extends SearchOptions {
  /** An integer in [0, 2^53). Draws are keyed by (seed, sentence, position). */
  readonly seed: number
  /** Divides log-probabilities; above 0, default 1. (The limit 0 is `greedy`.) */
  readonly temperature?: number
  /**
   * Draw among the k most probable allowed tokens only. Default: the whole vocabulary, which is exact but
   * brings vocabSize numbers per row to the host at every step; a few hundred do when `topP` is below 1.
   */
  readonly topK?: number
  /**
   * Draw among the most probable tokens whose mass first reaches p, after temperature and `topK`
   * (Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"); in (0, 1], default 1.
   */
  readonly topP?: number
  /** The number that stands for each sentence in the draws; default its index in the batch. */
  readonly sentenceIds?: ArrayLike<number>
}

/**
 * Ancestral sampling. A sentence's draws depend on (seed, sentence id, position) alone, not on its batch.
 *
 * @returns one hypothesis per sentence; `logProb` is the model's own, before temperature and truncation
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function sample<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: SampleOptions,
): Promise<Hypothesis[]> {
  const checked = checkOptions(options, model.vocabSize)
  const { seed, temperature = 1, topK = model.vocabSize, topP = 1, sentenceIds } = options
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new DecodingError(`seed must be an integer from 0 to 2^53 - 1, got ${seed}`)
  }
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new DecodingError(`temperature must be above 0, got ${temperature}: use greedy for 0`)
  }
  checkCount(topK, 'topK')
  if (!(topP > 0 && topP <= 1)) throw new DecodingError(`topP must be in (0, 1], got ${topP}`)
  if (sentenceIds !== undefined && sentenceIds.length !== checked.sentences) {
    throw new DecodingError(`sentenceIds must hold ${checked.sentences} ids, got ${sentenceIds.length}`)
  }

  const limit = Math.min(topK, model.vocabSize)
  const allowed = new Int32Array(limit)
  const weights = new Float64Array(limit)
  return generate(model, batch, checked, limit + checked.maxRejected, (candidates, row, sentence, position) => {
    const { ids, logProbs, width } = candidates
    let count = 0
    for (let i = row * width; i < (row + 1) * width && count < limit; i++) {
      if (logProbs[i]! > -Infinity && checked.allows(ids[i]!, position)) allowed[count++] = i
    }
    if (count === 0) return -1
    const best = logProbs[allowed[0]!]!
    let mass = 0
    for (let c = 0; c < count; c++) {
      weights[c] = Math.exp((logProbs[allowed[c]!]! - best) / temperature)
      mass += weights[c]!
    }
    if (topP < 1) {
      const target = mass * topP
      let nucleus = 0
      let kept = 0
      while (kept < count && nucleus < target) nucleus += weights[kept++]!
      mass = nucleus
      count = kept
    }
    let rest = uniform(seed, sentenceIds?.[sentence] ?? sentence, position) * mass
    let c = 0
    while (c < count - 1 && rest >= weights[c]!) rest -= weights[c++]!
    return allowed[c]!
  })
}
