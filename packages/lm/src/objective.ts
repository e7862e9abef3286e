import type { SummedLoss } from '@parlance/nn'
import type { tf } from '@parlance/runtime'
import type { TrainingConfig } from './config.js'
import type { LstmLM } from './lstm.js'
import type { TransformerLM } from './transformer.js'

/** What training asks of a kind of model. */
export interface Objective {
  readonly model: TransformerLM | LstmLM
  /** The batch of a step, 1 being the first; a function of the step alone. */
  batch(step: number): tf.NamedTensorMap
  /** Summed cross-entropy of a batch in nats; `step` (int32 scalar) keys dropout. May be traced. */
  loss(batch: tf.NamedTensorMap, step: tf.Tensor): SummedLoss
  /** What one step hands to the next besides parameters, by name, so that it is saved and restored. */
  readonly carried: ReadonlyMap<string, tf.Variable>
  /** Mean nats per predicted token of a text. */
  evaluate(tokens: Int32Array): Promise<number>
}

export interface ObjectiveOptions {
  readonly tokens: Int32Array
  readonly training: TrainingConfig
}
