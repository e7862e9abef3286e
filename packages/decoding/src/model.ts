/**
 * What a search asks of a model: the seam between search and tensors.
 *
 * Rows are hypotheses. The search keeps the token histories; the model keeps everything else in an opaque state
 * (encoder outputs, attention caches, recurrent states) and reorders it itself, so that only the k best
 * continuations of each row come to the host.
 *
 * A row's result depends on that row alone: neither its neighbours nor the number of rows may change it.
 */
export interface TokenModel<Batch, State> {
  /** Number of token ids; every id is in [0, vocabSize). */
  readonly vocabSize: number

  /**
   * Whether `step` answers `wanted`. Searches with forced prefixes or constraints need the log-probabilities of tokens
   * that may not be among the k best; of a model that does not answer they ask the whole vocabulary instead.
   */
  readonly scoresWanted?: boolean

  /** The state before any token has been fed: one row per sentence of the batch, in order. */
  start(batch: Batch): State | Promise<State>

  /**
   * Feeds one token to each row and returns the k best next tokens of each.
   *
   * The number of rows changes from step to step: finished sentences leave, beams widen.
   * A state is passed to `step` once at most, so the model may free or reuse what it holds
   * (and frees it when it throws).
   *
   * @param state what `start` or the previous `step` returned
   * @param tokens (rows) the token that each row is fed
   * @param parents (rows) row r continues row `parents[r]` of `state`
   * @param k how many continuations to return per row, 1 ≤ k ≤ vocabSize
   * @param wanted (rows × any width) further tokens whose log-probabilities are wanted; given only to models that say
   *   `scoresWanted`
   */
  step(state: State, tokens: Int32Array, parents: Int32Array, k: number, wanted?: Int32Array):
    StepResult<State> | Promise<StepResult<State>>

  /** Frees the state that no step will follow; called once per search, also when the search throws. */
  release?(state: State): void
}

/** The k best continuations of each row, best first; equal log-probabilities in ascending order of id. */
export interface StepResult<State> {
  /** (rows × k) token ids. */
  readonly ids: Int32Array
  /** (rows × k) natural-log probabilities over the whole vocabulary; -Infinity for an impossible token. */
  readonly logProbs: Float32Array
  /** Of the shape of `wanted`: the log-probabilities of those tokens. */
  readonly wantedLogProbs?: Float32Array
  /** What the coverage penalty and alignments need; models that have it give it at every step. */
  readonly attention?: SourceAttention
  /** The new state, of `rows` rows. */
  readonly state: State
}

/**
 * How much the next token of each row looks at each source position, whichever token that will be. Searches keep it:
 * a model must not write to it again.
 */
export interface SourceAttention {
  /** (rows × width) weights ≥ 0 that sum to 1 over a row, usually a mean over heads; 0 at padding. */
  readonly weights: Float32Array
  /** (rows) how many of a row's positions are no padding, at least 1. */
  readonly lengths: Int32Array
}
