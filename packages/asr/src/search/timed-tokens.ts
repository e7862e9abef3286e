/** What a search has found in a recording so far. */
export interface TimedTokens {
  /** Ids, none of them the blank. */
  tokens: number[]
  /** The encoder frame at which each was emitted, counted from the recording's start. */
  frames: number[]
  /** Natural-log probability of each, given what came before. */
  logProbs: number[]
}

export function noTokens(): TimedTokens {
  return { tokens: [], frames: [], logProbs: [] }
}
