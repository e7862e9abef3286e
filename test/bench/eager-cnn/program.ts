/**
 * A TF.js program as its users write them, in the layers API: two convolutions, each with max pooling, and a dense
 * layer, trained by `model.fit`. It knows nothing of the backend that it runs on.
 */
import { tf } from '@parlance/runtime'
import { drawDigits, SIZE } from './digits.js'

export const BATCH = 256
export const EXAMPLES = 2048

const SEED = 1

export interface Epoch {
  milliseconds: number
  /** Mean cross-entropy and share of right classes over the epoch's training batches, as `fit` reports them. */
  loss: number
  accuracy: number
}

function network(): tf.Sequential {
  const kernelInitializer = (seed: number) => tf.initializers.varianceScaling({ seed, scale: 1, mode: 'fanIn', distribution: 'normal' })
  const convolution = { kernelSize: 5, strides: 1, activation: 'relu' } as const
  const model = tf.sequential()
  model.add(tf.layers.conv2d({ ...convolution, inputShape: [SIZE, SIZE, 1], filters: 8, kernelInitializer: kernelInitializer(SEED) }))
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }))
  model.add(tf.layers.conv2d({ ...convolution, filters: 16, kernelInitializer: kernelInitializer(SEED + 1) }))
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }))
  model.add(tf.layers.flatten())
  model.add(tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernelInitializer(SEED + 2) }))
  model.compile({ optimizer: tf.train.adam(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

/** What trains further epochs, and what measures the accuracy on images that were not trained on. */
export function program(): { epoch: () => Promise<Epoch>; test: () => Promise<number> } {
  const tensors = (count: number, seed: number) => {
    const { images, labels } = drawDigits(count, seed)
    return { images: tf.tensor4d(images, [count, SIZE, SIZE, 1]), labels: tf.tensor2d(labels, [count, 10]) }
  }
  const [training, unseen] = [tensors(EXAMPLES, SEED), tensors(1024, SEED + 1)]
  const model = network()
  return {
    async epoch() {
      const started = performance.now()
      const { history } = await model.fit(training.images, training.labels, { batchSize: BATCH, epochs: 1, shuffle: false, verbose: 0 })
      const [loss, accuracy] = [history.loss?.[0], history.acc?.[0]]
      return { milliseconds: performance.now() - started, loss: Number(loss), accuracy: Number(accuracy) }
    },
    async test() {
      const [, accuracy] = model.evaluate(unseen.images, unseen.labels, { batchSize: BATCH }) as [tf.Scalar, tf.Scalar]
      const [share] = await accuracy.data()
      return share as number
    },
  }
}
