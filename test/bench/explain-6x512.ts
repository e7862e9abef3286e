/**
 * What the training step of 6 layers and width 512 consists of, and what recording and compiling it takes.
 *
 *     npm run bench -- explain-6x512
 */
import { TransformerLM } from '@parlance/lm/training'
import { AdamW, crossEntropy, inference, namedParameters, trainingStep } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { ADAMW, settings } from './steps/settings.js'

const { model: config, batch, title } = settings['step-6x512']
await useDevice('cpu', { threads: 2 })
if (config.type !== 'transformer') throw new Error(`A transformer was expected, got ${config.type}.`)
const model = new TransformerLM(config, new Random(1))
const parameters = namedParameters(model)
const step = trainingStep<{ ids: tf.Tensor; targets: tf.Tensor }>({
  parameters,
  optimizer: new AdamW(parameters, ADAMW),
  loss: ({ ids, targets }) => crossEntropy(tf.reshape(model.forward(ids, inference), [-1, config.vocabSize]), tf.reshape(targets, [-1])),
  maxGradientNorm: 1,
})
const ids = tf.zeros([batch, config.context], 'int32')
console.log(title)
console.log(String(jit.explain(step, { ids, targets: ids }, { learningRate: tf.scalar(3e-4), step: tf.scalar(1, 'int32') })))
