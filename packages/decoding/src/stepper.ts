import { DecodingError } from './errors.js'
import type { StepResult, TokenModel } from './model.js'

/** float32 log-softmax may round to slightly above zero; logits passed by mistake lie well above this. */
const LOG_PROB_CEILING = 1e-3

/**
 * Owns a model's state through one search: checks every step against the contract of `TokenModel`
 * and releases the last state.
 */
export class Stepper<Batch, State> {
  readonly #model: TokenModel<Batch, State>
  #state: { readonly value: State } | undefined

  private constructor(model: TokenModel<Batch, State>, state: State) {
    this.#model = model
    this.#state = { value: state }
  }

  /** Starts the model, runs `search`, and releases the state however that ends. */
  static async run<Batch, State, Result>(
    model: TokenModel<Batch, State>,
    batch: Batch,
    search: (stepper: Stepper<Batch, State>) => Promise<Result>,
  ): Promise<Result> {
    const stepper = new Stepper(model, await model.start(batch))
    try {
      return await search(stepper)
    } finally {
      if (stepper.#state !== undefined) model.release?.(stepper.#state.value)
    }
  }

  /**
   * One step; `tokens` and `parents` are (rows), the result is (rows × width) with
   * width = min(k, vocabSize).
   */
  async step(tokens: Int32Array, parents: Int32Array, k: number): Promise<Candidates> {
    const held = this.#state
    if (held === undefined) throw new DecodingError('this search has failed and cannot be stepped again')
    const width = Math.min(k, this.#model.vocabSize)
    // Forgotten before the step: a step that throws half-way may have freed the state already.
    this.#state = undefined
    const result = await this.#model.step(held.value, tokens, parents, width)
    this.#state = { value: result.state }
    checkStep(result, tokens.length, width, this.#model.vocabSize)
    return { ids: result.ids, logProbs: result.logProbs, width }
  }
}

/** The candidates of one step: row r owns the entries from r · width to (r + 1) · width. */
export interface Candidates {
  readonly ids: Int32Array
  readonly logProbs: Float32Array
  readonly width: number
}

function checkStep(result: StepResult<unknown>, rows: number, k: number, vocabSize: number): void {
  const { ids, logProbs } = result
  if (ids.length !== rows * k || logProbs.length !== rows * k) {
    throw new DecodingError(
      `the model's step must return ${rows} × ${k} ids and logProbs, got ${ids.length} and ${logProbs.length}`)
  }
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const logProb = logProbs[i]!
    const row = Math.floor(i / k)
    if (Number.isNaN(logProb)) throw new DecodingError(`the model's step returned NaN for row ${row}, token ${id}`)
    if (logProb > LOG_PROB_CEILING) {
      throw new DecodingError(
        `the model's step must return log-probabilities (≤ 0), got ${logProb} for row ${row}: apply log-softmax`)
    }
    if (id < 0 || id >= vocabSize) {
      throw new DecodingError(`the model's step returned token ${id}, outside its vocabulary of ${vocabSize}`)
    }
    if (i % k > 0 && logProb > logProbs[i - 1]!) {
      throw new DecodingError(`the model's step must return candidates best first, row ${row} is not sorted`)
    }
  }
}
