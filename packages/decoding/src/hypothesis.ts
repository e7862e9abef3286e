/** What a search found for one sentence. */
export interface Hypothesis {
  /** The generated tokens, without the prompt and without the end-of-sentence token. */
  readonly tokens: Int32Array
  /** Sum of the model's natural-log probabilities, the end-of-sentence token included when there is one. */
  readonly logProb: number
  /** True when it ended with an end-of-sentence token, false when `maxLength` cut it off. */
  readonly finished: boolean
  /** Of models that give attention: for each token, the source position that it looked at most. */
  readonly alignment?: Int32Array
}

/**
 * A hypothesis with the score that ranked it: the sum of log-probabilities, as lowered by filters, over the length
 * penalty, plus the coverage penalty.
 */
export interface RankedHypothesis extends Hypothesis {
  readonly score: number
}

/** A generated token and what came before it: hypotheses share their common beginnings. */
export interface Path {
  readonly token: number
  /** The source position that the token looked at most, when the model gives attention. */
  readonly source: number | undefined
  readonly previous: Path | undefined
}

/** The tokens of a path of `length` tokens, in order. */
export function pathTokens(path: Path | undefined, length: number): Int32Array {
  const tokens = new Int32Array(length)
  for (let i = length - 1, node = path; i >= 0 && node !== undefined; i--, node = node.previous) tokens[i] = node.token
  return tokens
}

/** The alignment of a path of `length` tokens; the model must have given attention. */
export function pathAlignment(path: Path | undefined, length: number): Int32Array {
  const alignment = new Int32Array(length)
  for (let i = length - 1, node = path; i >= 0 && node !== undefined; i--, node = node.previous) {
    alignment[i] = node.source!
  }
  return alignment
}
