import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type FeatureConfig, featureWidth, parseFeatureConfig } from '@parlance/audio'
import { inference, namedParameters, UsageError } from '@parlance/nn'
import { exportOnnx, type InputSpec, tf, useDevice, writeFileAtomic } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { FEATURE_DEFAULTS, type ModelConfig } from '../config.js'
import { isPrecomputed, speechWidth } from '../speech/speech-features.js'
import type { StateSpec } from '../model/encoder.js'
import { loadRecognizer } from '../model/load-recognizer.js'
import type { StatelessPredictor } from '../model/predictor.js'
import type { RecognizerModel } from '../model/recognizer.js'
import { framesSeen } from '../model/subsampling.js'
import { readTokenizer } from '../tokens/units.js'

type Tensors = Record<string, tf.Tensor>

/** Encoder frames that an LSTM is given at once; a Conformer is given its chunk. */
const LSTM_CHUNK = 8
/** What stands for the space before a word in `tokens.txt`. */
const WORD_START = '▁'

/**
 * Writes a streaming transducer as `encoder.onnx`, `decoder.onnx`, `joiner.onnx` and `tokens.txt`, in the form that sherpa-onnx
 * loads as an online transducer of the type conformer or lstm: a chunk of features and the encoder's state in, the predictor
 * (which it calls decoder) on the last tokens, normalisation inside.
 *
 * @throws UsageError, one line, for a model that sherpa-onnx cannot run: what it would need
 */
export async function exportForSherpa(folder: string, output: string): Promise<void> {
  await useDevice('cpu')
  const { model, config } = loadRecognizer(folder)
  const tokenizer = await readTokenizer(join(folder, 'tokenizer.json'))
  const tokens = tokenTable(tokenizer)
  expectExportable(model, config)
  mkdirSync(output, { recursive: true })
  const names = namedParameters(model)
  const write = (name: string, { fn, inputs, metadata }: SherpaGraph): void =>
    exportOnnx(fn, inputs, { file: join(output, `${name}.onnx`), names, weights: 'embedded', metadata: { ...metadata, version: '1', model_author: 'parlance' } })
  write('encoder', encoderGraph(model, config))
  write('decoder', predictorGraph(model, config))
  write('joiner', joinerGraph(model, config))
  writeFileAtomic(join(output, 'tokens.txt'), tokens)
}

interface SherpaGraph {
  fn: (inputs: Tensors) => Tensors
  inputs: Record<string, InputSpec>
  metadata: Record<string, string>
}

function expectExportable(model: RecognizerModel, { architecture, encoder, transducer, features }: ModelConfig): void {
  const refuse = (what: string): never => {
    throw new UsageError(`This model cannot be exported for sherpa-onnx: ${what}.`)
  }
  if (architecture !== 'transducer') refuse(`it needs a transducer, got the architecture ${architecture}`)
  if (!model.streaming) refuse(`it needs a causal conformer or lstm encoder, got one with full context`)
  if (transducer.predictor !== 'stateless') refuse(`it needs a stateless predictor, got ${transducer.predictor}`)
  if (transducer.durations) refuse('its streaming search knows no durations')
  if (encoder.runningMean && speechWidth(features) >= encoder.width) {
    refuse(`with a running mean of features it needs an encoder wider than these, got ${encoder.width} and ${speechWidth(features)}`)
  }
  if (encoder.subsampling !== 4) refuse(`it needs a subsampling of 4, got ${encoder.subsampling}`)
  if (isPrecomputed(features)) return refuse('its features come from files, sherpa-onnx computes them from sound')
  const { sampleRate, ...own } = features
  const wanted = parseFeatureConfig({ ...FEATURE_DEFAULTS, sampleRate, bins: featureWidth(features) }) as FeatureConfig & Record<string, unknown>
  const different = Object.keys(wanted).find((name) => name !== 'sampleRate' && wanted[name] !== (own as Record<string, unknown>)[name])
  if (different !== undefined) {
    refuse(`the feature setting ${different} must be ${JSON.stringify(wanted[different])}, got ${JSON.stringify((own as Record<string, unknown>)[different])}`)
  }
}

/**
 * Features (N, T, F) and the state, whose first frames come again with the next chunk, to frames projected for the joiner
 * (N, C, joinerWidth) and the state after.
 */
function encoderGraph(model: RecognizerModel, { encoder, features }: ModelConfig): SherpaGraph {
  const { type, layers, width, chunk, leftContext, kernel, subsampling } = encoder
  const count = type === 'conformer' ? chunk : LSTM_CHUNK
  const seen = framesSeen(count, subsampling)
  const states = carriedStates(model)
  const stateInputs = states.inputs.map(({ name, shape }) => [name, { shape, dtype: 'float32' }] as const)
  const specific: Record<string, number> =
    type === 'conformer'
      ? { left_context: leftContext, encoder_dim: width, cnn_module_kernel: kernel, pad_length: seen - count * subsampling }
      : { d_model: width, rnn_hidden_size: width }
  const numbers = { num_encoder_layers: layers + states.added, T: seen, decode_chunk_len: count * subsampling, ...specific }
  return {
    fn: ({ x, processed_frames: processed, ...state }) => {
      const every = tf.sum(tf.onesLike(tf.slice(x as tf.Tensor, [0, 0, 0], [-1, seen, 1])), [1, 2])
      const lengths = tf.cast(every, 'int32')
      // sherpa-onnx counts feature frames.
      const before = processed ? tf.floorDiv(processed, tf.scalar(subsampling, 'int32')) : lengths
      const { encoded, state: after } = model.encodeStretch(x as tf.Tensor, lengths, before, states.before(state as Tensors), inference)
      const next = Object.entries(states.after(after)).map(([name, tensor]) => [`next_${name}`, tensor] as const)
      return { encoder_out: model.transducer?.encoderProjection.forward(encoded) as tf.Tensor, ...Object.fromEntries(next) }
    },
    inputs: {
      x: { shape: ['N', seen, speechWidth(features)], dtype: 'float32' },
      ...Object.fromEntries(stateInputs),
      ...(type === 'conformer' && { processed_frames: { shape: ['N'], dtype: 'int64' } }),
    },
    metadata: { model_type: type, ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])) },
  }
}

interface CarriedStates {
  /** Layers that sherpa-onnx is told of beside the encoder's. */
  added: number
  inputs: readonly StateSpec[]
  before: (inputs: Tensors) => Tensors
  after: (state: Tensors) => Tensors
}

/**
 * sherpa-onnx carries the states that it expects of an encoder of this type, and no others. The frontend's (N, W') is carried in
 * place of one more layer's: in the last state (layers, …, N, width), whose other states have an empty layer more.
 */
function carriedStates(model: RecognizerModel): CarriedStates {
  const own = model.streaming?.state ?? []
  const [frontend] = model.frontend.state
  if (!frontend) return { added: 0, inputs: own, before: (state) => state, after: (state) => Object.fromEntries(own.map(({ name }) => [name, state[name]!])) }
  const last = own.at(-1) as StateSpec
  const [layers, ...rest] = last.shape as [number, ...StateSpec['shape']]
  const [between, width] = [rest.slice(0, -2) as number[], rest.at(-1) as number]
  const carried = frontend.shape[1] as number
  return {
    added: 1,
    inputs: own.map(({ name, shape }) => ({ name, shape: [layers + 1, ...shape.slice(1)] })),
    before: (inputs) => {
      const layer = tf.slice(inputs[last.name]!, [layers, ...between.map(() => 0), 0, 0], [1, ...between.map(() => 1), -1, carried])
      const layersOf = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0], [layers])
      return { ...Object.fromEntries(own.map(({ name }) => [name, layersOf(inputs[name]!)])), [frontend.name]: tf.squeeze(layer, [0, ...between.map((_, i) => i + 1)]) }
    },
    after: (state) => {
      const layer = between.reduce<tf.Tensor>((x) => tf.expandDims(x, 0), tf.pad(state[frontend.name]!, [[0, 0], [0, width - carried]]))
      const filled = tf.pad(tf.expandDims(layer, 0), [[0, 0], ...between.map((size): [number, number] => [0, size - 1]), [0, 0], [0, 0]])
      const extended = (x: tf.Tensor): tf.Tensor => tf.pad(x, x.shape.map((_, axis): [number, number] => [0, axis === 0 ? 1 : 0]))
      return Object.fromEntries(own.map(({ name }) => [name, name === last.name ? tf.concat([state[name]!, filled], 0) : extended(state[name]!)]))
    },
  }
}

/** The last tokens int64 (N, context) to (N, joinerWidth). */
function predictorGraph({ transducer }: RecognizerModel, { vocabSize }: ModelConfig): SherpaGraph {
  const predictor = transducer?.predictor as StatelessPredictor
  return {
    fn: ({ y }) => ({ decoder_out: tf.squeeze(transducer?.predictorProjection.forward(predictor.after(y as tf.Tensor)) as tf.Tensor, [1]) }),
    inputs: { y: { shape: ['N', predictor.context], dtype: 'int64' } },
    metadata: { vocab_size: String(vocabSize), context_size: String(predictor.context) },
  }
}

/** Both (N, joinerWidth) to logits (N, V). */
function joinerGraph({ transducer }: RecognizerModel, { transducer: { joinerWidth } }: ModelConfig): SherpaGraph {
  return {
    fn: ({ encoder_out: encoded, decoder_out: predicted }) => ({ logit: transducer?.join(encoded as tf.Tensor, predicted as tf.Tensor).logits as tf.Tensor }),
    inputs: { encoder_out: { shape: ['N', joinerWidth], dtype: 'float32' }, decoder_out: { shape: ['N', joinerWidth], dtype: 'float32' } },
    metadata: { joiner_dim: String(joinerWidth) },
  }
}

/** `tokens.txt`: a line `token id` for each, spaces written as "▁". */
function tokenTable(tokenizer: Tokenizer): string {
  const lines = ['<blk> 0']
  for (let id = 1; id < tokenizer.vocabSize; id++) {
    const token = tokenizer.decode([id])
    // A tokenizer of whole words puts spaces between them.
    const apart = tokenizer.decode([id, id]).length > 2 * token.length
    const shown = `${apart ? WORD_START : ''}${token.replaceAll(' ', WORD_START)}`
    if (shown === '' || /[\s\uFFFD]/u.test(shown)) {
      throw new UsageError(`This model cannot be exported for sherpa-onnx: its token ${id}, ${JSON.stringify(tokenizer.idToToken(id))}, is no text by itself.`)
    }
    lines.push(`${shown} ${id}`)
  }
  return `${lines.join('\n')}\n`
}
