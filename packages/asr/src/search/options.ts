import type { Fusion } from './fusion.js'

/** What all beam searches have in common. */
export interface BeamOptions {
  /** Hypotheses kept. Default 4. */
  beamSize?: number
  /** Taken from the log-probability of the blank, for models that leave out too much. Default 0. */
  blankPenalty?: number
  /** What is added to the scores of tokens. */
  fusion?: Fusion
}

export interface TransducerBeamOptions extends BeamOptions {
  /** Tokens of a frame at most; more would not be speech, and a model that never says blank must end. Default 3. */
  maxSymbols?: number
}
