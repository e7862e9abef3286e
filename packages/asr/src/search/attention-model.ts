/** An attention decoder as a search sees it. */
export interface AttentionModel<State> {
  readonly vocabSize: number
  /** The id that begins transcripts and ends them. */
  readonly end: number
  /**
   * Before any token.
   *
   * @param memory of a recording, (frames, width) row-major
   */
  start(memory: Float32Array, frames: number): State
  /**
   * One token more. A state is passed on once at most.
   *
   * @param tokens (R) what each hypothesis is fed
   * @param parents (R) the row of `state` that each continues
   * @returns natural-log probabilities (R, vocabSize) of what follows, and the state of R rows
   */
  step(state: State, tokens: Int32Array, parents: Int32Array): { logProbs: Float32Array; state: State }
  /** Frees a state that no step follows. */
  release(state: State): void
}
