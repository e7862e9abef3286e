import type { LanguageModelScorer } from '@parlance/decoding'
import type { LanguageTokenModel, TokenState } from './token-model.js'

/** What was fed, and ln P of every token to come next. */
export interface ScorerState {
  readonly model: TokenState
  /** (vocabSize) */
  readonly logProbs: Float32Array
}

/** A language model one token at a time, for fusion. Before the first token every token is as probable as another. */
export class LanguageScorer implements LanguageModelScorer<ScorerState> {
  constructor(private readonly model: LanguageTokenModel) {}

  initial(): ScorerState {
    const { vocabSize } = this.model
    return { model: this.model.start(1), logProbs: new Float32Array(vocabSize).fill(-Math.log(vocabSize)) }
  }

  score(state: ScorerState, token: number): number {
    const logProb = state.logProbs[token]
    if (logProb === undefined) throw new Error(`Token ${token} is outside the model's vocabulary of ${this.model.vocabSize}.`)
    return logProb
  }

  advance(state: ScorerState, token: number): ScorerState {
    const { vocabSize } = this.model
    if (!(token >= 0 && token < vocabSize)) throw new Error(`Token ${token} is outside the model's vocabulary of ${vocabSize}.`)
    const next = this.model.step(state.model, Int32Array.of(token), Int32Array.of(0), vocabSize)
    const logProbs = new Float32Array(vocabSize)
    for (const [i, id] of next.ids.entries()) logProbs[id] = next.logProbs[i] as number
    return { model: next.state, logProbs }
  }
}
