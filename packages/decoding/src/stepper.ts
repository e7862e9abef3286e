import { DecodingError } from './errors.js'
import type { SourceAttention, StepResult, TokenModel } from './model.js'

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

  /** Starts the model. However the search ends, it must call `release`. */
  static async start<Batch, State>(model: TokenModel<Batch, State>, batch: Batch): Promise<Stepper<Batch, State>> {
    return new Stepper(model, await model.start(batch))
  }

  /** Releases the last state. */
  release(): void {
    if (this.#state !== undefined) this.#model.release?.(this.#state.value)
    this.#state = undefined
  }

  /**
   * One step.
   *
   * @param tokens (rows) @param parents (rows)
   * @param k how many candidates each row needs; there are more when they were had anyway, fewer in a small vocabulary
   * @param wanted per row, the tokens whose log-probabilities are needed beside
   */
  async step(
    tokens: Int32Array,
    parents: Int32Array,
    k: number,
    wanted: readonly ArrayLike<number>[],
  ): Promise<Candidates> {
    const held = this.#state
    if (held === undefined) throw new DecodingError('this search has failed and cannot be stepped again')
    const { vocabSize, scoresWanted = false } = this.#model
    const most = wanted.reduce((most, list) => Math.max(most, list.length), 0)
    const width = most > 0 && !scoresWanted ? vocabSize : Math.min(k, vocabSize)
    const asked = most > 0 && scoresWanted ? rectangle(wanted, most) : undefined
    // Forgotten before the step: a step that throws half-way may have freed the state already.
    this.#state = undefined
    const result = await this.#model.step(held.value, tokens, parents, width, asked)
    this.#state = { value: result.state }
    checkStep(result, tokens.length, width, vocabSize)
    if (asked !== undefined) checkWanted(result.wantedLogProbs, asked.length)
    if (result.attention !== undefined) checkAttention(result.attention, tokens.length)
    return {
      ids: result.ids, logProbs: result.logProbs, width, attention: result.attention,
      wantedLogProbs(row) {
        const start = row * most
        if (asked !== undefined) return result.wantedLogProbs!.subarray(start, start + wanted[row]!.length)
        return logProbsOf(wanted[row]!, result, row, width)
      },
    }
  }
}

/** The log-probabilities of tokens that are all among a row's candidates. */
function logProbsOf(tokens: ArrayLike<number>, { ids, logProbs }: StepResult<unknown>, row: number, width: number): Float32Array {
  const places = new Map<number, number>()
  for (let i = row * width; i < (row + 1) * width; i++) places.set(ids[i]!, i)
  return Float32Array.from(tokens, (token) => logProbs[places.get(token)!]!)
}

/** The candidates of one step: row r owns the entries from r · width to (r + 1) · width. */
export interface Candidates {
  readonly ids: Int32Array
  readonly logProbs: Float32Array
  readonly width: number
  readonly attention: SourceAttention | undefined
  /** The log-probabilities of the tokens that were wanted for a row. */
  wantedLogProbs(row: number): Float32Array
}

/** (rows × width), short rows filled up with token 0. */
function rectangle(lists: readonly ArrayLike<number>[], width: number): Int32Array {
  const tokens = new Int32Array(lists.length * width)
  lists.forEach((list, row) => tokens.set(list, row * width))
  return tokens
}

function checkStep(result: StepResult<unknown>, rows: number, k: number, vocabSize: number): void {
  const { ids, logProbs } = result
  if (ids.length !== rows * k || logProbs.length !== rows * k) {
    throw new DecodingError(
      `the model's step must return ${rows} × ${k} ids and logProbs, got ${ids.length} and ${logProbs.length}`)
  }
  for (let row = 0; row < rows; row++) {
    let before = Infinity
    for (let i = row * k; i < (row + 1) * k; i++) {
      const id = ids[i]!
      const logProb = logProbs[i]!
      if (!(logProb <= LOG_PROB_CEILING)) refuseLogProb(logProb, `row ${row}, token ${id}`)
      if (id < 0 || id >= vocabSize) {
        throw new DecodingError(`the model's step returned token ${id}, outside its vocabulary of ${vocabSize}`)
      }
      if (logProb > before) {
        throw new DecodingError(`the model's step must return candidates best first, row ${row} is not sorted`)
      }
      before = logProb
    }
  }
}

function refuseLogProb(logProb: number, where: string): never {
  if (Number.isNaN(logProb)) throw new DecodingError(`the model's step returned NaN for ${where}`)
  throw new DecodingError(
    `the model's step must return log-probabilities (≤ 0), got ${logProb} for ${where}: apply log-softmax`)
}

function checkWanted(logProbs: Float32Array | undefined, length: number): void {
  if (logProbs?.length !== length) {
    throw new DecodingError(
      `the model says scoresWanted: its step must return ${length} wantedLogProbs, got ${logProbs?.length ?? 'none'}`)
  }
  for (let i = 0; i < length; i++) {
    if (!(logProbs[i]! <= LOG_PROB_CEILING)) refuseLogProb(logProbs[i]!, 'a wanted token')
  }
}

function checkAttention({ weights, lengths }: SourceAttention, rows: number): void {
  const width = weights.length / rows
  if (lengths.length !== rows || !Number.isInteger(width) || lengths.some((length) => length < 1 || length > width)) {
    throw new DecodingError(
      `the model's attention must have ${rows} rows with lengths from 1 to their width, got ${weights.length} weights ` +
      `and lengths ${lengths.join(', ')}`)
  }
  if (weights.some((weight) => !(weight >= 0))) {
    throw new DecodingError('the model\'s attention must have weights ≥ 0')
  }
}
