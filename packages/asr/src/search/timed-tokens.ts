/** What a search has found in a recording so far. */
export interface TimedTokens {
  /** Ids, none of them the blank. */
  tokens: number[]
  /** The encoder frame at which each was emitted, counted from the recording's start. */
  frames: number[]
  /** The last encoder frame of each, of searches that know. */
  ends?: number[]
  /** Natural-log probability of each, given what came before. */
  logProbs: number[]
}

/** A hypothesis of a search. */
export interface ScoredTokens extends TimedTokens {
  /** Natural logarithm of what the hypotheses are ranked by: a probability, with whatever fusion adds. */
  score: number
}

export function noTokens(): TimedTokens {
  return { tokens: [], frames: [], logProbs: [] }
}
