/** Tiny models and data for tests. */
import { namedParameters } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import type { SpeechBatch } from '../training/batches.js'
import { parseTrainingConfig, type TrainingOptions } from '../config.js'
import { RecognizerModel } from '../model/recognizer.js'

const BINS = 5
const VOCAB_SIZE = 4

/** The smallest model of these settings. */
export function tinyModel(options: TrainingOptions = {}): RecognizerModel {
  const small = { width: 8, layers: 1, heads: 2, attentionContext: 2, kernel: 3, chunk: 2, leftContext: 3 } as const
  const config = parseTrainingConfig({
    ...options,
    encoder: { ...small, ...options.encoder },
    transducer: { predictorWidth: 6, joinerWidth: 7, pruneRange: 2, ...options.transducer },
    attention: { decoderLayers: 1, ...options.attention },
  }, 'test')
  const model = new RecognizerModel({ ...config, vocabSize: VOCAB_SIZE }, BINS, new Random(3, 'model'))
  model.setNormalization({ frames: 1, mean: [1, 2, 3, 4, 5], deviation: [1, 2, 0.5, 1, 3] })
  tf.tidy(() => {
    for (const [name, variable] of namedParameters(model)) {
      const random = new Random(5, name)
      // The predictor's ReLU has no corner near these.
      if (name === 'transducer.predictor.embedding.weight') assign(variable, [...random.normal(variable.size)].map((x) => Math.sign(x) * (1 + x / 20)))
      else if (name === 'transducer.predictor.convolution.weight') assign(variable, Array.from({ length: variable.size }, (_, i) => (i % 2 ? 0.8 : 0.3)))
      // What starts at zero hides mistakes.
      else if (variable.trainable && variable.dataSync().every((value) => value === 0)) assign(variable, [...random.normal(variable.size, 0, 0.3)])
    }
  })
  return model
}

function assign(variable: tf.Variable, values: number[]): void {
  variable.assign(tf.tensor(values, variable.shape))
}

/** Seeded features of these lengths, padded to `frames` with `padding`: (lengths, frames, bins). */
export function tinyFeatures(lengths: readonly number[], frames: number, padding = 0): tf.Tensor {
  const data = new Float32Array(lengths.length * frames * BINS).fill(padding)
  for (const [n, length] of lengths.entries()) {
    data.set(new Random(7, 'features', n).normal(length * BINS, 3, 2), n * frames * BINS)
  }
  return tf.tensor3d(data, [lengths.length, frames, BINS])
}

export function int(values: readonly number[]): tf.Tensor {
  return tf.tensor1d([...values], 'int32')
}

/** Four utterances and their labels, or the first few of them. */
export function tinyBatch(count = 4): SpeechBatch {
  const some = (values: readonly number[]): tf.Tensor => int(values.slice(0, count))
  const lengths = [16, 21, 24, 9]
  return {
    features: tf.slice(tinyFeatures(lengths, 24), [0, 0, 0], [count, -1, -1]),
    frames: some(lengths),
    labels: tf.tensor2d([[3, 1, 0], [1, 2, 2], [1, 1, 0], [2, 0, 0]].slice(0, count), [count, 3], 'int32'),
    labelLengths: some([2, 3, 2, 1]),
    earliest: tf.zeros([count, 3], 'int32'),
    latest: tf.fill([count, 3], 100, 'int32'),
    examples: some([0, 1, 2, 3]),
  }
}
