import { crossEntropy, type Forward, inference, type SummedLoss, TrainingContext } from '@parlance/nn'
import { iota, jit, Random, tf } from '@parlance/runtime'
import { randomWindows } from './batches.js'
import type { TransformerConfig } from './config.js'
import type { Objective, ObjectiveOptions } from './objective.js'
import { TransformerLM } from './transformer.js'
import { scoringWindows, windowRows } from './windows.js'

/** About so many tokens go through the model at once in an evaluation. */
const EVALUATION_BATCH_TOKENS = 2048

/** −Σ ln P(target | what is before it): int32 ids and targets (N, T), targets of −100 left out. */
export function transformerLoss(model: TransformerLM, ids: tf.Tensor, targets: tf.Tensor, forward: Forward): SummedLoss {
  const logits = tf.reshape(model.forward(ids, forward), [-1, model.config.vocabSize])
  return crossEntropy(logits, tf.reshape(targets, [-1]))
}

/** A transformer that is trained on random windows of the text. */
export class TransformerObjective implements Objective {
  readonly model: TransformerLM
  readonly carried: ReadonlyMap<string, tf.Variable> = new Map()
  private readonly tokens: Int32Array
  private readonly shape: { batch: number; length: number; seed: number }
  private readonly windowLoss = jit((ids: tf.Tensor, targets: tf.Tensor) => transformerLoss(this.model, ids, targets, inference))

  constructor(config: TransformerConfig, { tokens, training }: ObjectiveOptions) {
    this.model = new TransformerLM(config, new Random(training.seed, 'model'))
    this.tokens = tokens
    this.shape = { batch: training.batch, length: config.context, seed: training.seed }
  }

  batch(step: number): tf.NamedTensorMap {
    const { batch, length } = this.shape
    return { rows: tf.tensor2d(randomWindows(this.tokens, { ...this.shape, step }), [batch, length + 1], 'int32') }
  }

  loss({ rows }: tf.NamedTensorMap, step: tf.Tensor): SummedLoss {
    const { batch, length, seed } = this.shape
    const context = new TrainingContext({ seed, step, examples: iota(batch) })
    const windows = rows as tf.Tensor
    return transformerLoss(this.model, tf.slice(windows, [0, 0], [-1, length]), tf.slice(windows, [0, 1], [-1, length]), context)
  }

  /** Over all of the text in windows that do not overlap, every position scored. */
  async evaluate(tokens: Int32Array): Promise<number> {
    const { context } = this.model.config
    const rows = Math.max(1, Math.floor(EVALUATION_BATCH_TOKENS / context))
    const windows = [...scoringWindows(tokens.length, { context, stride: context })]
    let nll = 0
    for (let i = 0; i < windows.length; i += rows) {
      const batch = windowRows(tokens, windows.slice(i, i + rows), { context, rows })
      const [ids, targets] = [batch.ids, batch.targets].map((data) => tf.tensor2d(data, [rows, context], 'int32'))
      const { sum, count } = this.windowLoss(ids as tf.Tensor, targets as tf.Tensor)
      nll += (await sum.data())[0] as number
      tf.dispose([ids, targets, sum, count])
    }
    return nll / (tokens.length - 1)
  }
}
