import { differentiableLoop, factorProduct, type Forward, LSTM, paddingMask } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import type { LSTMConfig } from '../../model-config.js'
import { PAD } from '../../special-tokens.js'
import { Embeddings } from '../embeddings.js'
import { EncoderDecoder, NO_DROPOUT, type Ports, type Regularization, type Step, type Tensors } from '../encoder-decoder.js'
import { AttentionalCell } from './attentional-cell.js'

/**
 * Luong, Pham and Manning 2015: a bidirectional LSTM encoder (its directions of half the width, joined) and an attentional
 * LSTM decoder with input feeding, which begins with the encoder's last states. Further decoder layers are LSTMs over the
 * attentional vectors with residual connections, outside of the attention's loop: Wu et al. 2016, sections 3.1 and 3.2.
 *
 * Dropout is on embeddings, between layers and before the output: Zaremba, Sutskever and Vinyals 2014.
 */
export class LSTMTranslator extends EncoderDecoder {
  readonly embeddings: Embeddings
  readonly encoder: LSTM
  readonly cell: AttentionalCell
  /** The decoder's layers after the first. */
  readonly upper: LSTM[]
  readonly memoryPorts: Ports
  readonly statePorts: Ports
  private readonly width: number
  private readonly dropout: number

  constructor(config: LSTMConfig, seed = 1, { dropout }: Regularization = NO_DROPOUT) {
    super()
    const { vocabSize, width, encoderLayers, decoderLayers, attention, tiedEmbeddings: tied } = config
    const random = new Random(seed, 'translation')
    this.width = width
    this.dropout = dropout
    this.embeddings = new Embeddings({ vocabSize, width, tied, random })
    this.encoder = new LSTM({
      inputs: width,
      hidden: width / 2,
      layers: encoderLayers,
      bidirectional: true,
      dropout,
      random: random.fork('encoder'),
    })
    this.cell = new AttentionalCell({ width, attention, random: random.fork('cell') })
    this.upper = Array.from(
      { length: decoderLayers - 1 },
      (_, i) => new LSTM({ inputs: width, hidden: width, random: random.fork('upper', i) }),
    )
    this.memoryPorts = { source_mask: ['S'], keys: ['S', width], values: [width, 'S'] }
    const layers = this.upper.flatMap((_, i) => [[`hidden_${i + 1}`, [width]], [`cell_${i + 1}`, [width]]] as const)
    this.statePorts = { attentional: [width], hidden_0: [width], cell_0: [width], ...Object.fromEntries(layers) }
  }

  get outputWeight(): tf.Tensor {
    return this.embeddings.outputWeight
  }

  override encode(source: tf.Tensor, context: Forward): Tensors {
    const real = tf.notEqual(source, tf.scalar(PAD, 'int32'))
    const lengths = tf.sum(tf.cast(real, 'int32'), 1)
    const embedded = context.dropout(this.embeddings.lookUp('source', source), this.dropout)
    const { output, state } = this.encoder.forward(embedded, context, undefined, lengths)
    const memory = context.dropout(output, this.dropout)
    const last = state.slice(-2)
    return {
      source_mask: tf.squeeze(paddingMask(real), [1, 2]),
      keys: this.cell.keys(memory),
      values: tf.transpose(memory, [0, 2, 1]),
      hidden_0: tf.concat(last.map(({ hidden }) => hidden), 1),
      cell_0: tf.concat(last.map(({ cell }) => cell), 1),
    }
  }

  override decode(input: tf.Tensor, memory: Tensors, context: Forward): tf.Tensor {
    const [examples, steps] = input.shape as [number, number]
    const { source_mask: mask, keys, values, hidden_0: hidden, cell_0: cell } = memory as Record<string, tf.Tensor> & Encoded
    const embedded = context.dropout(this.embeddings.lookUp('target', input), this.dropout)
    const rows = tf.reshape(tf.transpose(embedded, [1, 0, 2]), [steps * examples, this.width])
    const attentional = differentiableLoop(
      {
        steps,
        initial: [tf.zerosLike(hidden), hidden, cell],
        sequences: [this.cell.input.forward(rows)],
        factors: this.cell.factors(keys, values),
        shared: this.cell.shared(keys),
        constants: [mask],
      },
      (given) => this.cell.step(given).state,
    )
    let x = tf.transpose(tf.reshape(attentional, [steps, examples, this.width]), [1, 0, 2]) as tf.Tensor
    for (const layer of this.upper) {
      x = tf.add(x, layer.forward(context.dropout(x, this.dropout), context).output)
    }
    return tf.reshape(context.dropout(x, this.dropout), [-1, this.width])
  }

  override step(tokens: tf.Tensor, _position: tf.Tensor, state: Tensors, memory: Tensors, context: Forward): Step {
    const { source_mask: mask, keys, values } = memory as Record<string, tf.Tensor> & Encoded
    const factors = this.cell.factors(keys, values)
    const stepped = this.cell.step({
      state: [state.attentional, state.hidden_0, state.cell_0] as tf.Tensor[],
      rows: [this.cell.input.forward(this.embeddings.lookUp('target', tokens))],
      times: (i, x) => factorProduct(factors[i] as tf.Tensor, x),
      shared: this.cell.shared(keys),
      constants: [mask],
    })
    const [attentional, hidden, cell] = stepped.state
    const next: Record<string, tf.Tensor> = { attentional, hidden_0: hidden, cell_0: cell }
    let x: tf.Tensor = attentional
    for (const [i, layer] of this.upper.entries()) {
      const before = { hidden: state[`hidden_${i + 1}`] as tf.Tensor, cell: state[`cell_${i + 1}`] as tf.Tensor }
      const { output, state: after } = layer.forward(tf.expandDims(x, 1), context, [before])
      next[`hidden_${i + 1}`] = after[0]?.hidden as tf.Tensor
      next[`cell_${i + 1}`] = after[0]?.cell as tf.Tensor
      x = tf.add(x, tf.squeeze(output, [1]))
    }
    return { hidden: x, state: next, attention: stepped.attention }
  }
}

type Encoded = Record<'source_mask' | 'keys' | 'values' | 'hidden_0' | 'cell_0', tf.Tensor>
