import type { StepResult, TokenModel } from '@parlance/decoding'
import type { GraphSession, GraphTensor } from '@parlance/runtime/session'
import type { ModelConfig } from './config.js'
import { emptyPast, int32, nextInputs } from './graphs.js'

/** What a model keeps of the tokens it was fed. */
export interface TokenState {
  /** Attention caches or recurrent states, with one row for each text. */
  readonly past: Readonly<Record<string, GraphTensor>>
  /** Tokens in the caches. */
  readonly length: number
  /** The latest tokens of each row, as many as a transformer needs to go on when its context is full. */
  readonly recent: readonly Int32Array[]
}

/**
 * A language model for the searches of `@parlance/decoding`; the batch is how many texts are begun. States are values:
 * one may be continued more than once.
 *
 * A transformer whose context is full goes on with the later half of it, so that every prediction sees at least half a
 * context; an LSTM goes on for ever.
 */
export class LanguageTokenModel implements TokenModel<number, TokenState> {
  readonly vocabSize: number
  private readonly context: number
  private readonly kept: number

  constructor(private readonly graph: GraphSession, config: ModelConfig) {
    this.vocabSize = config.vocabSize
    this.context = config.type === 'transformer' ? config.context : Infinity
    this.kept = config.type === 'transformer' ? Math.floor(config.context / 2) : 0
  }

  start(rows: number): TokenState {
    return { past: emptyPast(this.graph, rows), length: 0, recent: Array.from({ length: rows }, () => new Int32Array(0)) }
  }

  step(state: TokenState, tokens: Int32Array, parents: Int32Array, k: number): StepResult<TokenState> {
    const recent = Array.from(parents, (parent, row) => this.extended(state.recent[parent] as Int32Array, tokens[row] as number))
    const rows = tokens.length
    const full = state.length >= this.context
    const width = full ? (recent[0] as Int32Array).length : 1
    const ids = new Int32Array(rows * width)
    for (let row = 0; row < rows; row++) {
      if (full) ids.set(recent[row] as Int32Array, row * width)
      else ids[row] = tokens[row] as number
    }
    const before = full ? 0 : state.length
    const outputs = this.graph.run({
      ...(full ? emptyPast(this.graph, rows) : state.past),
      tokens: int32(ids, rows, width),
      ...(this.context < Infinity && { places: int32(Int32Array.from({ length: width }, (_, i) => before + i), width) }),
      parents: int32(full ? Int32Array.from(parents, (_, row) => row) : parents, rows),
      k: int32(new Int32Array(k), k),
    })
    return {
      ids: outputs.ids?.data as Int32Array,
      logProbs: outputs.logProbs?.data as Float32Array,
      state: { past: nextInputs(outputs), length: before + width, recent },
    }
  }

  /** The last tokens and one more, of which those are kept that a full context leaves. */
  private extended(recent: Int32Array, token: number): Int32Array {
    const kept = recent.subarray(Math.max(0, recent.length - this.kept))
    const extended = new Int32Array(kept.length + 1)
    extended.set(kept)
    extended[kept.length] = token
    return extended
  }
}
