import { type Forward, initializers, paddingMask, WeightNormLinear } from '@parlance/nn'
import { iota, Random, tf } from '@parlance/runtime'
import type { ConvolutionalConfig } from '../../model-config.js'
import { PAD } from '../../special-tokens.js'
import { Embeddings } from '../embeddings.js'
import { EncoderDecoder, NO_DROPOUT, type Ports, type Regularization, type Step, type Tensors } from '../encoder-decoder.js'
import { positionEncodings } from '../positions.js'
import { AttendingConvolution } from './attending-convolution.js'
import { GatedConvolution, HALVED } from './gated-convolution.js'

/**
 * Convolutional sequence to sequence learning: Gehring et al. 2017. Gated convolutions with residual connections, an
 * attention in every layer of the decoder. Otherwise than there, positions are sinusoidal, so that there may be any
 * number of them, and gradients of the encoder are not scaled.
 *
 * Attention is reported as the mean over the decoder's layers.
 */
export class ConvolutionalTranslator extends EncoderDecoder {
  readonly embeddings: Embeddings
  readonly encoder: GatedConvolution[]
  readonly decoder: AttendingConvolution[]
  /** Of the decoder's last layer, before the output layer. */
  readonly last: WeightNormLinear
  readonly memoryPorts: Ports
  readonly statePorts: Ports
  private readonly width: number
  private readonly kernel: number
  private readonly dropout: number

  constructor(config: ConvolutionalConfig, seed = 1, { dropout }: Regularization = NO_DROPOUT) {
    super()
    const { vocabSize, width, kernel, encoderLayers, decoderLayers, tiedEmbeddings: tied } = config
    const random = new Random(seed, 'translation')
    const options = (name: string, i: number) => ({ width, kernel, dropout, random: random.fork(name, i) })
    this.width = width
    this.kernel = kernel
    this.dropout = dropout
    this.embeddings = new Embeddings({ vocabSize, width, tied, random })
    this.encoder = Array.from({ length: encoderLayers }, (_, i) => new GatedConvolution(options('encoder', i)))
    this.decoder = Array.from({ length: decoderLayers }, (_, i) => new AttendingConvolution(options('decoder', i)))
    const initializer = initializers.normal(Math.sqrt(1 / width))
    this.last = new WeightNormLinear({ inputs: width, outputs: width, initializer, random: random.fork('last') })
    this.memoryPorts = { source_mask: ['S'], source_scale: [1], keys: ['S', width], values: ['S', width] }
    this.statePorts = Object.fromEntries(this.decoder.map((_, i) => [`window_${i}`, [kernel - 1, width]]))
  }

  get outputWeight(): tf.Tensor {
    return this.embeddings.outputWeight
  }

  /** From ids int32 (N, T) at positions int32 (T) to (N, T, width). */
  private embed(side: 'source' | 'target', ids: tf.Tensor, positions: tf.Tensor, context: Forward): tf.Tensor {
    const encoded = positionEncodings(positions, this.width)
    return context.dropout(tf.add(this.embeddings.lookUp(side, ids), encoded), this.dropout)
  }

  override encode(source: tf.Tensor, context: Forward): Tensors {
    const real = tf.cast(tf.notEqual(source, tf.scalar(PAD, 'int32')), 'float32')
    const unpadded = tf.expandDims(real, 2)
    const embedded = this.embed('source', source, iota(source.shape[1] as number), context)
    let x = embedded
    for (const layer of this.encoder) {
      const hidden = layer.forward(tf.mul(x, unpadded), Math.floor((this.kernel - 1) / 2), context)
      x = tf.mul(tf.add(hidden, x), HALVED)
    }
    return {
      source_mask: tf.squeeze(paddingMask(real), [1, 2]),
      source_scale: tf.sqrt(tf.sum(real, 1, true)),
      keys: x,
      values: tf.mul(tf.add(x, embedded), HALVED),
    }
  }

  override decode(input: tf.Tensor, memory: Tensors, context: Forward): tf.Tensor {
    const embedded = this.embed('target', input, iota(input.shape[1] as number), context)
    let x = embedded
    for (const layer of this.decoder) x = layer.forward(x, embedded, memory, context)
    return tf.reshape(context.dropout(this.last.forward(x), this.dropout), [-1, this.width])
  }

  override step(tokens: tf.Tensor, position: tf.Tensor, state: Tensors, memory: Tensors, context: Forward): Step {
    const embedded = this.embed('target', tf.expandDims(tokens, 1), position, context)
    let x = embedded
    const next: Record<string, tf.Tensor> = {}
    const attentions: tf.Tensor[] = []
    for (const [i, layer] of this.decoder.entries()) {
      const stepped = layer.step(x, embedded, state[`window_${i}`] as tf.Tensor, memory)
      next[`window_${i}`] = stepped.window
      attentions.push(stepped.weights)
      x = stepped.output
    }
    return {
      hidden: this.last.forward(tf.squeeze(x, [1])),
      state: next,
      attention: tf.mul(tf.addN(attentions), 1 / attentions.length),
    }
  }
}
