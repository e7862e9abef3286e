import { type Forward, initializers, type KeyValue, LayerNorm, paddingMask, TransformerEncoderBlock } from '@parlance/nn'
import { iota, Random, tf } from '@parlance/runtime'
import type { TransformerConfig } from '../../model-config.js'
import { PAD } from '../../special-tokens.js'
import { Embeddings } from '../embeddings.js'
import { EncoderDecoder, NO_DROPOUT, type Ports, type Regularization, type Step, type Tensors } from '../encoder-decoder.js'
import { positionEncodings } from '../positions.js'
import { DecoderLayer } from './decoder-layer.js'

/**
 * The transformer of Vaswani et al. 2017, normalised before each sub-layer and once after the last (Xiong et al. 2020),
 * by default with one table of embeddings for source, target and output (section 3.4).
 *
 * Attention is reported as the mean over the heads of the decoder's last layer.
 */
export class TranslationTransformer extends EncoderDecoder {
  readonly embeddings: Embeddings
  readonly encoder: TransformerEncoderBlock[]
  readonly encoderNorm: LayerNorm
  readonly decoder: DecoderLayer[]
  readonly decoderNorm: LayerNorm
  readonly memoryPorts: Ports
  readonly statePorts: Ports
  private readonly width: number
  private readonly dropout: number

  /** Weights are drawn Xavier-uniform, embeddings with deviation 1/√width, so that scaled by √width they have 1. */
  constructor(config: TransformerConfig, seed = 1, { dropout, attentionDropout }: Regularization = NO_DROPOUT) {
    super()
    const { vocabSize, width, heads, encoderLayers, decoderLayers, feedForwardWidth: hidden, decoder } = config
    const random = new Random(seed, 'translation')
    const options = (name: string, i: number) => ({
      width,
      heads,
      hidden,
      dropout,
      attentionDropout,
      initializer: initializers.xavierUniform(),
      random: random.fork(name, i),
    })
    this.width = width
    this.dropout = dropout
    this.embeddings = new Embeddings({ vocabSize, width, tied: config.tiedEmbeddings, random })
    const encoderBlock = (i: number) => new TransformerEncoderBlock({ ...options('encoder', i), activation: 'relu', norm: 'pre' })
    this.encoder = Array.from({ length: encoderLayers }, (_, i) => encoderBlock(i))
    this.encoderNorm = new LayerNorm({ width })
    this.decoder = Array.from({ length: decoderLayers }, (_, i) => new DecoderLayer({ ...options('decoder', i), kind: decoder }))
    this.decoderNorm = new LayerNorm({ width })
    const keyValue = [heads, 'S', width / heads] as const
    this.memoryPorts = {
      source_mask: [1, 1, 'S'],
      ...Object.fromEntries(this.decoder.flatMap((_, i) => [[`cross_key_${i}`, keyValue], [`cross_value_${i}`, keyValue]])),
    }
    this.statePorts = Object.fromEntries(
      this.decoder.flatMap(({ selfLayer: { statePorts } }, i) =>
        Object.entries(statePorts).map(([name, axes]) => [`self_${name}_${i}`, axes]),
      ),
    )
  }

  get outputWeight(): tf.Tensor {
    return this.embeddings.outputWeight
  }

  /** √width · E[ids] + positions: section 3.4. From ids int32 (N, T) at positions int32 (T) to (N, T, width), or (N) at one. */
  private embed(side: 'source' | 'target', ids: tf.Tensor, positions: tf.Tensor, context: Forward): tf.Tensor {
    const encoded = positionEncodings(positions, this.width)
    return context.dropout(tf.add(this.embeddings.lookUp(side, ids), encoded), this.dropout)
  }

  override encode(source: tf.Tensor, context: Forward): Tensors {
    const mask = paddingMask(tf.notEqual(source, tf.scalar(PAD, 'int32')))
    return { source_mask: mask, ...this.memories(this.read(source, mask, context)) }
  }

  /** What the encoder makes of the source: (N, S, width), from ids int32 (N, S) and the mask of their padding (N, 1, 1, S). */
  read(source: tf.Tensor, mask: tf.Tensor, context: Forward): tf.Tensor {
    let x = this.embed('source', source, iota(source.shape[1] as number), context)
    for (const block of this.encoder) x = block.forward(x, context, mask)
    return this.encoderNorm.forward(x)
  }

  /** The keys and values that each decoder layer attends to: `cross_key_i` and `cross_value_i` (N, heads, S, D). */
  memories(encoded: tf.Tensor): Tensors {
    const memories = this.decoder.map(({ crossAttention }) => crossAttention.keyValue(encoded))
    return Object.fromEntries(memories.flatMap(({ key, value }, i) => [[`cross_key_${i}`, key], [`cross_value_${i}`, value]]))
  }

  private memoryOf(memory: Tensors, layer: number): KeyValue {
    return { key: memory[`cross_key_${layer}`] as tf.Tensor, value: memory[`cross_value_${layer}`] as tf.Tensor }
  }

  override decode(input: tf.Tensor, memory: Tensors, context: Forward): tf.Tensor {
    let x = this.embed('target', input, iota(input.shape[1] as number), context)
    for (const [i, layer] of this.decoder.entries()) {
      x = layer.forward(x, this.memoryOf(memory, i), memory.source_mask as tf.Tensor, context)
    }
    return tf.reshape(this.decoderNorm.forward(x), [-1, this.width])
  }

  override step(tokens: tf.Tensor, position: tf.Tensor, state: Tensors, memory: Tensors, context: Forward): Step {
    let x = this.embed('target', tokens, position, context)
    const next: Record<string, tf.Tensor> = {}
    let weights: tf.Tensor | undefined
    for (const [i, layer] of this.decoder.entries()) {
      const names = Object.keys(layer.selfLayer.statePorts)
      const before = Object.fromEntries(names.map((name) => [name, state[`self_${name}_${i}`] as tf.Tensor]))
      const stepped = layer.step(x, before, position, this.memoryOf(memory, i), memory.source_mask as tf.Tensor, context)
      for (const name of names) next[`self_${name}_${i}`] = stepped.state[name] as tf.Tensor
      ;({ output: x, weights } = stepped)
    }
    return {
      hidden: this.decoderNorm.forward(x),
      state: next,
      attention: tf.squeeze(tf.mean(weights as tf.Tensor, 1), [1]),
    }
  }
}
