/** The model and the step of a setting, as any user of the packages writes them: the same code for every backend. */
import { LstmLM, TransformerLM } from '@parlance/lm/training'
import {
  AdamW, crossEntropy, inference, namedParameters, SGD, type SummedLoss, trainingStep, type TrainStep,
} from '@parlance/nn'
import { jit, Random, tf } from '@parlance/runtime'
import { ADAMW, BATCHES, type StepSetting } from './settings.js'

/** Ids and targets (batch, context), row-major. */
interface Batch {
  ids: Int32Array
  targets: Int32Array
}

const SEED = 1

type Loss = (ids: tf.Tensor, targets: tf.Tensor) => SummedLoss

/** Random tokens, the same for every peer. */
export function batchesOf({ model, batch }: StepSetting): Batch[] {
  const random = new Random(SEED, 'batches')
  const draw = () => Int32Array.from({ length: batch * model.context }, () => random.integer(model.vocabSize))
  return Array.from({ length: BATCHES }, () => ({ ids: draw(), targets: draw() }))
}

export function modelOf({ model }: StepSetting): TransformerLM | LstmLM {
  const random = new Random(SEED, 'model')
  return model.type === 'transformer' ? new TransformerLM(model, random) : new LstmLM(model, random)
}

/** Summed cross-entropy; an LSTM goes on from the states of the step before, through which no gradient flows. */
function lossOf(model: TransformerLM | LstmLM, batch: number): Loss {
  const { vocabSize, width, layers } = model.config
  const score = (logits: tf.Tensor, targets: tf.Tensor) => crossEntropy(tf.reshape(logits, [-1, vocabSize]), tf.reshape(targets, [-1]))
  if (model instanceof TransformerLM) return (ids, targets) => score(model.forward(ids, inference), targets)
  const zeros = () => tf.tidy(() => tf.variable(tf.zeros([batch, width]), false))
  const carried = Array.from({ length: layers }, () => ({ hidden: zeros(), cell: zeros() }))
  return (ids, targets) => {
    const { logits, state } = model.forward(ids, inference, carried)
    for (const [i, { hidden, cell }] of state.entries()) {
      carried[i]?.hidden.assign(hidden)
      carried[i]?.cell.assign(cell)
    }
    return score(logits, targets)
  }
}

/** A function that trains one step, from data on the host to the mean loss on the host. */
export function trainerOf(setting: StepSetting): () => Promise<number> {
  const { model: config, batch, optimizer, learningRate, maxGradientNorm } = setting
  const model = modelOf(setting)
  const batches = batchesOf(setting)
  const parameters = namedParameters(model)
  const loss = lossOf(model, batch)
  const step: TrainStep<{ ids: tf.Tensor; targets: tf.Tensor }> = jit(
    trainingStep<{ ids: tf.Tensor; targets: tf.Tensor }>({
      parameters,
      optimizer: optimizer === 'adamw' ? new AdamW(parameters, ADAMW) : new SGD(parameters),
      loss: ({ ids, targets }) => loss(ids, targets),
      maxGradientNorm,
    }),
  )
  let steps = 0
  return async () => {
    const { ids, targets } = batches[steps++ % batches.length] as Batch
    const tensor = (values: Int32Array) => tf.tensor2d(values, [batch, config.context], 'int32')
    const tokens = { ids: tensor(ids), targets: tensor(targets) }
    const numbers = { learningRate: tf.scalar(learningRate), step: tf.scalar(steps, 'int32') }
    const { sum, count, gradientNorm } = step(tokens, numbers)
    const [total] = await sum.data()
    const [terms] = await count.data()
    tf.dispose([...Object.values(tokens), ...Object.values(numbers), sum, count, gradientNorm])
    return (total as number) / (terms as number)
  }
}
