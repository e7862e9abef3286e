import { join } from 'node:path'
import { inference, namedParameters } from '@parlance/nn'
import { exportOnnx, tf } from '@parlance/runtime'
import { ENCODER_FILE } from './transcriber.js'
import type { CtcModel } from './model.js'
import { SUBSAMPLING } from './subsampling.js'

/**
 * Writes `encoder.onnx` beside the folder's `model.safetensors`, whose weights it uses in place: `features` (N, T, F) and
 * `lengths` int32 (N) to `log_probs` (N, T', V). The frames of utterance n that count are the first ⌈⌈lengths[n] / 2⌉ / 2⌉.
 */
export function writeEncoderGraph(model: CtcModel, bins: number, folder: string): void {
  exportOnnx(
    ({ features, lengths }) => {
      const { logits } = model.forward(features as tf.Tensor, lengths as tf.Tensor, inference)
      return { log_probs: tf.logSoftmax(logits) }
    },
    { features: { shape: ['N', 'T', bins], dtype: 'float32' }, lengths: { shape: ['N'], dtype: 'int32' } },
    // Three lengths that stay apart when they are subsampled; the graph takes any.
    {
      sizes: { T: [13 * SUBSAMPLING, 17 * SUBSAMPLING, 19 * SUBSAMPLING] },
      file: join(folder, ENCODER_FILE),
      names: namedParameters(model),
      weights: { storedIn: 'model.safetensors' },
    },
  )
}
