import { crossEntropy, type Forward, inference, type LSTMState, type SummedLoss, TrainingContext } from '@parlance/nn'
import { iota, jit, Random, tf } from '@parlance/runtime'
import { contiguousWindows } from './batches.js'
import type { LstmConfig } from './config.js'
import { LstmLM } from './lstm.js'
import type { Objective, ObjectiveOptions } from './objective.js'

/** Rows that the validation text is cut into, as in PyTorch's word_language_model example. */
const EVALUATION_ROWS = 10

/** −Σ ln P(target | all before it): int32 ids and targets (N, T), targets of −100 left out; and the states after them. */
export function lstmLoss(
  model: LstmLM,
  ids: tf.Tensor,
  targets: tf.Tensor,
  forward: Forward,
  before?: readonly LSTMState[],
): SummedLoss & { state: LSTMState[] } {
  const { logits, state } = model.forward(ids, forward, before)
  const loss = crossEntropy(tf.reshape(logits, [-1, model.config.vocabSize]), tf.reshape(targets, [-1]))
  return { ...loss, state }
}

/** An LSTM that is trained by truncated backpropagation through time: each step goes on from the last one's states. */
export class LstmObjective implements Objective {
  readonly model: LstmLM
  readonly carried: ReadonlyMap<string, tf.Variable>
  private readonly tokens: Int32Array
  private readonly shape: { batch: number; length: number; seed: number }
  private readonly state: { hidden: tf.Variable; cell: tf.Variable }[]
  private readonly windowLoss = jit((ids: tf.Tensor, targets: tf.Tensor, before: { hidden: tf.Tensor; cell: tf.Tensor }[]) =>
    lstmLoss(this.model, ids, targets, inference, before),
  )

  constructor(config: LstmConfig, { tokens, training }: ObjectiveOptions) {
    this.model = new LstmLM(config, new Random(training.seed, 'model'))
    this.tokens = tokens
    const { batch, seed } = training
    this.shape = { batch, length: config.context, seed }
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros([batch, config.width]), false))
    this.state = Array.from({ length: config.layers }, () => ({ hidden: zeros(), cell: zeros() }))
    this.carried = new Map(
      this.state.flatMap(({ hidden, cell }, i) => [[`carried.${i}.hidden`, hidden], [`carried.${i}.cell`, cell]] as const),
    )
  }

  batch(step: number): tf.NamedTensorMap {
    const { batch, length } = this.shape
    const { rows, first } = contiguousWindows(this.tokens, { batch, length, step })
    return { rows: tf.tensor2d(rows, [batch, length + 1], 'int32'), keep: tf.scalar(first ? 0 : 1) }
  }

  loss({ rows, keep }: tf.NamedTensorMap, step: tf.Tensor): SummedLoss {
    const { batch, length, seed } = this.shape
    const context = new TrainingContext({ seed, step, examples: iota(batch) })
    const kept = (state: tf.Variable) => tf.mul(state, keep as tf.Tensor)
    const before = this.state.map(({ hidden, cell }) => ({ hidden: kept(hidden), cell: kept(cell) }))
    const windows = rows as tf.Tensor
    const [ids, targets] = [tf.slice(windows, [0, 0], [-1, length]), tf.slice(windows, [0, 1], [-1, length])]
    const { sum, count, state } = lstmLoss(this.model, ids, targets, context, before)
    for (const [i, { hidden, cell }] of state.entries()) {
      this.state[i]?.hidden.assign(hidden)
      this.state[i]?.cell.assign(cell)
    }
    return { sum, count }
  }

  /** Over the text in ten rows, states carried along each; fewer than ten tokens at the end are left out. */
  async evaluate(tokens: Int32Array): Promise<number> {
    const { length } = this.shape
    const rowLength = Math.floor(tokens.length / EVALUATION_ROWS)
    let state = this.model.lstm.initialState(EVALUATION_ROWS) as { hidden: tf.Tensor; cell: tf.Tensor }[]
    let nll = 0
    for (let from = 0; from + 1 < rowLength; from += length) {
      const ids = new Int32Array(EVALUATION_ROWS * length)
      const targets = new Int32Array(EVALUATION_ROWS * length).fill(-100)
      const to = Math.min(from + length, rowLength - 1)
      for (let row = 0; row < EVALUATION_ROWS; row++) {
        const start = row * rowLength
        ids.set(tokens.subarray(start + from, start + to), row * length)
        targets.set(tokens.subarray(start + from + 1, start + to + 1), row * length)
      }
      const inputs = [ids, targets].map((data) => tf.tensor2d(data, [EVALUATION_ROWS, length], 'int32'))
      const result = this.windowLoss(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor, state)
      nll += (await result.sum.data())[0] as number
      tf.dispose([inputs, state as object as tf.TensorContainer, result.sum, result.count])
      state = result.state
    }
    tf.dispose(state as object as tf.TensorContainer)
    return nll / (EVALUATION_ROWS * (rowLength - 1))
  }
}
