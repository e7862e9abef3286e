/**
 * What a search asks of a transducer: the seam between search and tensors, frame-synchronous where `TokenModel` of
 * `@parlance/decoding` is token-synchronous.
 *
 * A token-and-duration transducer (Xu et al. 2023) also scores by how many frames a symbol goes on. Of any other, the blank goes
 * on by one frame and tokens by none.
 *
 * The search keeps hypotheses and walks over frames; the model keeps what the predictor knows of a hypothesis in opaque
 * states. These are values: `advance` returns new ones, so that hypotheses can branch, and equal prefixes may share one.
 * Rows are hypotheses, of one utterance or of several; a row's result depends on that row alone.
 */
export interface TransducerModel<State> {
  /** Number of token ids, the blank among them: every id is in [0, vocabSize). */
  readonly vocabSize: number
  /** The id that emits nothing and goes on to a later frame. */
  readonly blank: number
  /** Different numbers of frames, of 0 or more, that symbols may go on by; the blank takes none of 0. */
  readonly durations?: readonly number[] | undefined
  /** The predictor's state before any token. */
  start(): State
  /** The states after `tokens[r]`, which is not the blank, was emitted in `states[r]`. */
  advance(states: readonly State[], tokens: ArrayLike<number>): State[]
  /**
   * Scores what comes next.
   *
   * @param frames of each row the encoder's frame, (rows) of the encoder's width
   * @param states of each row
   */
  score(frames: readonly Float32Array[], states: readonly State[]): TransducerScores
}

/** Natural-log probabilities of what comes next, each distribution by itself. */
export interface TransducerScores {
  /** (rows × vocabSize) */
  readonly tokens: Float32Array
  /** (rows × durations), where there are any */
  readonly durations?: Float32Array | undefined
}
