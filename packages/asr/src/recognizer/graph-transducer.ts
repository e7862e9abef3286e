import type { GraphSession, GraphTensor } from '@parlance/runtime/session'
import { BLANK } from '../tokens/blank.js'
import type { TransducerModel, TransducerScores } from '../search/transducer-model.js'

/** What a predictor knows of a hypothesis. Nothing in it is ever changed. */
export interface PredictorState {
  /** The last tokens, as many as the predictor reads. */
  readonly context: Int32Array
  /** (joinerWidth): what the joiner reads. */
  readonly predicted: Float32Array
  /** Rows of the recurrent state, by name. */
  readonly recurrent: Readonly<Record<string, Float32Array>>
}

/** Predictor and joiner as inference graphs. */
export class GraphTransducer implements TransducerModel<PredictorState> {
  readonly blank = BLANK
  readonly vocabSize: number
  readonly durations: readonly number[] | undefined
  private readonly joinerWidth: number
  private readonly context: number
  private readonly recurrent: readonly { name: string; width: number }[]
  private readonly first: PredictorState

  /** @param durations of a token-and-duration transducer */
  constructor(private readonly predictor: GraphSession, private readonly joiner: GraphSession, durations?: readonly number[]) {
    this.durations = durations
    this.vocabSize = joiner.outputs[0]?.shape[1] as number
    this.joinerWidth = joiner.inputs.find(({ name }) => name === 'encoded')?.shape[1] as number
    this.context = predictor.inputs.find(({ name }) => name === 'tokens')?.shape[1] as number
    this.recurrent = predictor.inputs.flatMap(({ name, shape }) => (name === 'tokens' ? [] : [{ name, width: shape[1] as number }]))
    const zeros = Object.fromEntries(this.recurrent.map(({ name, width }) => [name, new Float32Array(width)]))
    ;[this.first] = this.predict([new Int32Array(this.context).fill(BLANK)], [zeros]) as [PredictorState]
  }

  start(): PredictorState {
    return this.first
  }

  advance(states: readonly PredictorState[], tokens: ArrayLike<number>): PredictorState[] {
    const contexts = states.map(({ context }, r) => Int32Array.from([...context.subarray(1), tokens[r] as number]))
    return this.predict(contexts, states.map(({ recurrent }) => recurrent))
  }

  /** @param frames of which the joiner reads the beginning: what CTC reads comes behind it */
  score(frames: readonly Float32Array[], states: readonly PredictorState[]): TransducerScores {
    const encoded = stacked(frames.map((frame) => frame.subarray(0, this.joinerWidth)))
    const { log_probs, duration_log_probs } = this.joiner.run({ encoded, predicted: stacked(states.map(({ predicted }) => predicted)) })
    return { tokens: log_probs?.data as Float32Array, durations: duration_log_probs?.data as Float32Array | undefined }
  }

  private predict(contexts: readonly Int32Array[], recurrent: readonly PredictorState['recurrent'][]): PredictorState[] {
    const tokens = new Int32Array(contexts.length * this.context)
    for (const [r, context] of contexts.entries()) tokens.set(context, r * this.context)
    const before = this.recurrent.map(({ name }) => [name, stacked(recurrent.map((state) => state[name] as Float32Array))] as const)
    const results = this.predictor.run({ tokens: { data: tokens, shape: [contexts.length, this.context] }, ...Object.fromEntries(before) })
    return contexts.map((context, r) => ({
      context,
      predicted: row(results.predicted as GraphTensor, r),
      recurrent: Object.fromEntries(this.recurrent.map(({ name }) => [name, row(results[`next_${name}`] as GraphTensor, r)])),
    }))
  }
}

function row({ data, shape }: GraphTensor, r: number): Float32Array {
  const width = shape[1] as number
  return (data as Float32Array).slice(r * width, (r + 1) * width)
}

/** Rows of one width as (rows, width). */
function stacked(rows: readonly Float32Array[]): GraphTensor {
  const width = (rows[0] as Float32Array).length
  const data = new Float32Array(rows.length * width)
  for (const [r, row] of rows.entries()) data.set(row, r * width)
  return { data, shape: [rows.length, width] }
}
