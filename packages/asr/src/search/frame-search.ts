import type { ScoredTokens, TimedTokens } from './timed-tokens.js'

/**
 * A search that goes over encoded frames in order, in several recordings at once, and can be asked what it has found at any
 * time. Results depend neither on how frames are cut into calls nor on the other recordings.
 */
export interface FrameSearch<State> {
  start(): State
  /** @param encoded of each recording its next frames, (frames, width) row-major: none, some or many */
  advance(states: readonly State[], encoded: readonly Float32Array[]): void
  /** The best hypothesis, were the recording over. */
  found(state: State): TimedTokens
  /** All hypotheses that are kept, the best first. */
  hypotheses(state: State): ScoredTokens[]
  /** How many of the first tokens stay as they are whatever comes. */
  settled(state: State): number
}
