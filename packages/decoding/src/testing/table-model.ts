import type { SourceAttention, StepResult, TokenModel } from '../model.js'

/** What a test's model knows of a row: its sentence's seed and every token it was fed. */
export interface TableState {
  readonly rows: readonly { readonly seed: number; readonly history: readonly number[] }[]
}

export interface TableModelOptions {
  /** Logits are uniform in [0, sharpness); default 3. */
  readonly sharpness?: number
  /** Give attention over `sourceLength(seed)` positions. */
  readonly attends?: boolean
  readonly scoresWanted?: boolean
}

/**
 * A model whose next-token distribution is a fixed random function of (seed, whole history), so that a wrongly
 * reordered state changes the answer. Its batch is one seed per sentence. It logs the rows of each step.
 */
export class TableModel implements TokenModel<readonly number[], TableState> {
  readonly vocabSize: number
  readonly rowsPerStep: number[] = []
  readonly released: TableState[] = []
  /** The k of each step. */
  readonly widths: number[] = []
  readonly scoresWanted: boolean
  readonly #sharpness: number
  readonly #attends: boolean

  constructor(vocabSize: number, { sharpness = 3, attends = false, scoresWanted = false }: TableModelOptions = {}) {
    this.vocabSize = vocabSize
    this.scoresWanted = scoresWanted
    this.#sharpness = sharpness
    this.#attends = attends
  }

  start(batch: readonly number[]): TableState {
    return { rows: batch.map((seed) => ({ seed, history: [] })) }
  }

  async step(
    state: TableState,
    tokens: Int32Array,
    parents: Int32Array,
    k: number,
    wanted?: Int32Array,
  ): Promise<StepResult<TableState>> {
    const rows = Array.from(tokens, (token, r) => {
      const { seed, history } = state.rows[parents[r]!]!
      return { seed, history: [...history, token] }
    })
    this.rowsPerStep.push(rows.length)
    this.widths.push(k)
    const ids = new Int32Array(rows.length * k)
    const logProbs = new Float32Array(rows.length * k)
    rows.forEach(({ seed, history }, r) => {
      const row = this.logProbs(seed, history)
      const order = [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b).slice(0, k)
      order.forEach((id, c) => {
        ids[r * k + c] = id
        logProbs[r * k + c] = row[id]!
      })
    })
    const perRow = (wanted?.length ?? 0) / rows.length
    const wantedLogProbs = wanted?.length === undefined ? undefined : Float32Array.from(wanted, (token, i) => {
      const { seed, history } = rows[Math.floor(i / perRow)]!
      return this.logProbs(seed, history)[token]!
    })
    return {
      ids, logProbs, state: { rows },
      ...(wantedLogProbs && { wantedLogProbs }),
      ...(this.#attends && { attention: this.#attention(rows) }),
    }
  }

  release(state: TableState): void {
    this.released.push(state)
  }

  /** How many source positions a sentence has: 2 to 5. */
  sourceLength(seed: number): number {
    return 2 + seed % 4
  }

  /** (source positions) the attention of the token after `history`. */
  attention(seed: number, history: readonly number[]): Float32Array {
    const random = generator(history.reduce((hash, token) => Math.imul(hash ^ (token + 7), 0x01000193), seed * 104729))
    const weights = Array.from({ length: this.sourceLength(seed) }, () => random() ** 4)
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return Float32Array.from(weights, (weight) => weight / sum)
  }

  #attention(rows: TableState['rows']): SourceAttention {
    const lengths = Int32Array.from(rows, ({ seed }) => this.sourceLength(seed))
    const width = Math.max(...lengths)
    const weights = new Float32Array(rows.length * width)
    rows.forEach(({ seed, history }, r) => weights.set(this.attention(seed, history), r * width))
    return { weights, lengths }
  }

  /** (vocabSize) log-probabilities after `history`. */
  logProbs(seed: number, history: readonly number[]): Float32Array {
    const random = generator(history.reduce((hash, token) => Math.imul(hash ^ (token + 1), 0x01000193), seed * 7919 + 1))
    const logits = Array.from({ length: this.vocabSize }, () => this.#sharpness * random())
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    return Float32Array.from(logits, (logit) => logit - logSum)
  }
}

/** Uniform numbers in [0, 1) (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
