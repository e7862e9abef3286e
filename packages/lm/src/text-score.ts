import { UsageError } from '@parlance/nn/command-line'
import type { GraphSession } from '@parlance/runtime/session'
import type { TransformerConfig } from './config.js'
import { emptyPast, int32, LSTM_CHUNK, nextInputs } from './graphs.js'
import { scoringWindows, type Window, windowRows } from './windows.js'

export interface ScoreOptions {
  /** Transformers: the most tokens that a prediction sees, up to the model's context, which is the default. */
  readonly context?: number
  /** Transformers: tokens between windows; default `context`. Smaller ones give predictions more context and take longer. */
  readonly stride?: number
  /** Called with the predictions done so far and all there are. */
  readonly onProgress?: (done: number, total: number) => void
}

/** The summed negative log-likelihood of a text's tokens but the first, which is given. */
export interface TokenScore {
  /** In nats. */
  readonly nll: number
  /** Predictions made: the text's tokens less one. */
  readonly tokens: number
  /** The most tokens that a prediction saw; null: everything before. */
  readonly context: number | null
  /** Tokens between windows; null where there are none. */
  readonly stride: number | null
}

/** About so many tokens go through a transformer at once. */
const BATCH_TOKENS = 2048

/** Scores a text in windows; see `scoringWindows`. */
export function scoreWithTransformer(
  graph: GraphSession,
  config: TransformerConfig,
  tokens: Int32Array,
  { context = config.context, stride = context, onProgress }: ScoreOptions,
): TokenScore {
  if (context > config.context) throw new UsageError(`The model's context is ${config.context} tokens, got ${context}: ask for as many or fewer.`)
  const rows = Math.max(1, Math.floor(BATCH_TOKENS / context))
  const places = int32(Int32Array.from({ length: context }, (_, i) => i), context)
  let nll = 0
  let done = 0
  const run = (windows: readonly Window[]) => {
    const { ids, targets } = windowRows(tokens, windows, { context, rows: windows.length })
    const real = targets.map((target) => Math.max(target, 0))
    const shape = [windows.length, context] as const
    const { losses } = graph.run({ tokens: int32(ids, ...shape), places, targets: int32(real, ...shape) })
    for (const [i, target] of targets.entries()) if (target >= 0) nll += losses?.data[i] as number
    done = (windows.at(-1) as Window).end
    onProgress?.(done, tokens.length - 1)
  }
  let waiting: Window[] = []
  for (const window of scoringWindows(tokens.length, { context, stride })) {
    waiting.push(window)
    if (waiting.length === rows) {
      run(waiting)
      waiting = []
    }
  }
  if (waiting.length > 0) run(waiting)
  return { nll, tokens: tokens.length - 1, context, stride }
}

/** Scores a text from left to right, states carried along. */
export function scoreWithLstm(graph: GraphSession, tokens: Int32Array, options: ScoreOptions): TokenScore {
  const misplaced = (['context', 'stride'] as const).find((name) => options[name] !== undefined)
  if (misplaced) throw new UsageError(`An LSTM sees everything before a token: leave out the ${misplaced}.`)
  let past = emptyPast(graph, 1)
  let nll = 0
  for (let from = 0; from + 1 < tokens.length; from += LSTM_CHUNK) {
    const ids = new Int32Array(LSTM_CHUNK)
    const targets = new Int32Array(LSTM_CHUNK)
    const to = Math.min(from + LSTM_CHUNK, tokens.length - 1)
    ids.set(tokens.subarray(from, to))
    targets.set(tokens.subarray(from + 1, to + 1))
    const outputs = graph.run({ tokens: int32(ids, 1, LSTM_CHUNK), targets: int32(targets, 1, LSTM_CHUNK), ...past })
    for (let i = 0; i < to - from; i++) nll += outputs.losses?.data[i] as number
    past = nextInputs(outputs)
    options.onProgress?.(to, tokens.length - 1)
  }
  return { nll, tokens: tokens.length - 1, context: null, stride: null }
}
