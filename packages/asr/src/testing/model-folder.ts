/** A model folder and sound for tests. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { Random, type SafetensorsTensor, tf, writeSafetensors } from '@parlance/runtime'
import { modelConfig, parseTrainingConfig, type TrainingOptions } from '../config.js'
import { writeRecognizerGraphs } from '../graphs/recognizer-graphs.js'
import { RecognizerModel } from '../model/recognizer.js'
import { speechWidth } from '../speech/speech-features.js'
import { makeTokenizer } from '../tokens/units.js'

export const SAMPLE_RATE = 8000
export const tokenizer = makeTokenizer(['abcdefgh'], 'characters')

/** Writes a model folder of random weights, whose transcripts are long because nothing favours the blank. */
export function writeModel(folder: string, { encoder, ...rest }: TrainingOptions): void {
  const small = { width: 16, layers: 2, heads: 2, attentionContext: 5, kernel: 3, chunk: 4, leftContext: 8 }
  const settings = { ...rest, features: { ...(rest.features as object), sampleRate: SAMPLE_RATE, bins: 10 }, encoder: { ...small, ...encoder } }
  const config = parseTrainingConfig(settings, 'test')
  const bins = speechWidth(config.features)
  const network = new RecognizerModel({ ...config, vocabSize: tokenizer.vocabSize }, bins, new Random(4))
  network.setNormalization({ frames: 1, mean: new Array<number>(bins).fill(-3), deviation: new Array<number>(bins).fill(0.5) })
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, variable] of namedParameters(network)) {
    // An attention decoder that has learnt nothing repeats its beginning, which is the end.
    if (name === 'attention.embedding.weight') tf.tidy(() => variable.assign(tf.mul(variable, tf.tensor1d(new Float32Array(9).fill(1, 1)).expandDims(1))))
    tensors.set(name, { dtype: 'F32', shape: [...variable.shape], data: variable.dataSync() as Float32Array })
  }
  writeSafetensors(join(folder, 'model.safetensors'), tensors)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(modelConfig(config, tokenizer)))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer.toJSON()))
  writeRecognizerGraphs(network, bins, folder)
}

/** Noise of changing loudness. */
export function noise(seconds: number, seed: number): Float32Array {
  const random = new Random(seed)
  let level = 0.1
  return Float32Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, i) => {
    if (i % 400 === 0) level = 10 ** random.uniform(1, -3, 0)[0]!
    return level * (2 * random.next() - 1)
  })
}
