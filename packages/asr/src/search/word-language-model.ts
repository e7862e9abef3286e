/**
 * A language model over words, named by how they are spelt: what a search over words or their spellings asks. States are
 * values: `advance` returns a new one.
 */
export interface WordLanguageModel<State = unknown> {
  /** The state at the beginning of an utterance. */
  initial(): State
  /** Natural-log probability that `word` comes next, of a word it does not know that of any such word; −∞ for one that cannot come. */
  score(state: State, word: string): number
  /** The state after `word`. */
  advance(state: State, word: string): State
  /** Natural-log probability that the utterance ends here. */
  end(state: State): number
  /** Equal for states after which everything has the same probability, so that searches can merge them. Default: none are equal. */
  key?(state: State): string
}
