import type { LengthPenalty } from '../ranking/length-penalty.js'
import type { TableModel } from './table-model.js'

/** The tokens with which the model's histories begin, and the one that ends a hypothesis. */
const BOS = 0
const EOS = 1

export interface ExhaustiveOptions {
  /** End included. */
  readonly maxLength: number
  readonly lengthPenalty: LengthPenalty
  /** Which hypotheses count, given without their end; default all. */
  readonly accepts?: (tokens: readonly number[]) => boolean
  /** What a token's log-probability is lowered to after a history; default not at all. */
  readonly lower?: (token: number, logProb: number, tokens: readonly number[]) => number
  /** β of the coverage penalty; default 0. */
  readonly coverage?: number
}

/** Every hypothesis that ends within `maxLength`, best first, found by trying all. */
export function exhaustive(model: TableModel, seed: number, options: ExhaustiveOptions) {
  const { maxLength, lengthPenalty, accepts = () => true, lower = (_, logProb) => logProb, coverage = 0 } = options
  const complete: { tokens: number[], logProb: number, score: number }[] = []
  const extend = (tokens: number[], logProb: number, total: number): void => {
    if (tokens.length === maxLength) return
    model.logProbs(seed, [BOS, ...tokens]).forEach((next, token) => {
      const lowered = lower(token, next, tokens)
      if (lowered === -Infinity) return
      if (token !== EOS) extend([...tokens, token], logProb + next, total + lowered)
      else if (accepts(tokens)) {
        const score = (total + lowered) / lengthPenalty(tokens.length + 1)
        const penalty = coverage === 0 ? 0 : coverage * coverageOf(model, seed, tokens)
        complete.push({ tokens, logProb: logProb + next, score: score + penalty })
      }
    })
  }
  extend([], 0, 0)
  return complete.sort((a, b) => b.score - a.score)
}

/** Σ_i log min(Σ_j p_ij, 1), with j over all tokens and the end. */
function coverageOf(model: TableModel, seed: number, tokens: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < model.sourceLength(seed); i++) {
    let covered = 0
    for (let j = 0; j <= tokens.length; j++) covered += model.attention(seed, [BOS, ...tokens.slice(0, j)])[i]!
    sum += Math.log(Math.min(covered, 1))
  }
  return sum
}

/** Whether `phrase` occurs in `tokens` as it is. */
export function contains(tokens: readonly number[], phrase: readonly number[]): boolean {
  return tokens.some((_, start) => phrase.every((token, i) => tokens[start + i] === token))
}
