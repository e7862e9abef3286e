/**
 * A language model as search and fusion see it: one token at a time, states that can be kept and branched.
 * States are immutable values: `advance` returns a new one.
 */
export interface LanguageModelScorer<State> {
  /** The state at the beginning of a text. */
  initial(): State
  /** Natural-log probability that `token` comes next. */
  score(state: State, token: number): number
  /** The state after `token`. */
  advance(state: State, token: number): State
}
