import type { FeatureStats } from '@parlance/audio'
import { type Forward, Linear, Module } from '@parlance/nn'
import type { Random, tf } from '@parlance/runtime'
import type { ModelConfig } from '../config.js'
import { AttentionDecoder } from './attention-decoder.js'
import { type Encoder, isStreaming, makeEncoder, type StateSpec, type StreamingEncoder, type StreamState } from './encoder.js'
import { Frontend } from './frontend.js'
import { Transducer } from './transducer.js'

/** What of a model config decides the network. */
export type RecognizerConfig = Pick<ModelConfig, 'architecture' | 'encoder' | 'transducer' | 'attention' | 'ctcWeight' | 'vocabSize'>

/**
 * A speech recogniser: frontend → encoder → one or two of
 *
 *     ctc         logits of every frame (Graves et al. 2006); also beside the others, where `ctcWeight` is not 0
 *     transducer  predictor and joiner (Graves 2012)
 *     attention   an autoregressive decoder (Chan et al. 2016)
 */
export class RecognizerModel extends Module {
  readonly frontend: Frontend
  readonly encoder: Encoder
  readonly ctc?: Linear
  readonly transducer?: Transducer
  readonly attention?: AttentionDecoder

  /** @param bins values of a feature frame, F */
  constructor(readonly config: RecognizerConfig, bins: number, random: Random) {
    super()
    const { architecture, encoder, ctcWeight, vocabSize } = config
    const { width, heads, dropout } = encoder
    this.frontend = new Frontend({ bins, width, subsampling: encoder.subsampling, runningMean: encoder.runningMean, random: random.fork('frontend') })
    this.encoder = makeEncoder(encoder, random.fork('encoder'))
    if (architecture === 'ctc' || ctcWeight > 0) this.ctc = new Linear({ inputs: width, outputs: vocabSize, random: random.fork('ctc') })
    if (architecture === 'transducer') {
      this.transducer = new Transducer({ config: config.transducer, width, vocabSize, dropout, random: random.fork('transducer') })
    }
    if (architecture !== 'attention') return
    const options = { layers: config.attention.decoderLayers, width, heads, vocabSize, dropout }
    this.attention = new AttentionDecoder({ ...options, random: random.fork('attention') })
  }

  /** Makes the model normalise with the statistics of its training data. */
  setNormalization(stats: FeatureStats): void {
    this.frontend.setNormalization(stats)
  }

  /** The encoder, where it can be used on a stream. */
  get streaming(): StreamingEncoder | undefined {
    return isStreaming(this.encoder, this.config.encoder) ? this.encoder : undefined
  }

  /** What a stream carries from one stretch to the next; nothing of a model that cannot be used on one. */
  get streamState(): readonly StateSpec[] {
    return this.streaming ? [...this.streaming.state, ...this.frontend.state] : []
  }

  /**
   * @param features (N, T, F); what lies beyond an utterance's length does not matter
   * @param lengths int32 (N), feature frames of each utterance
   * @returns (N, T', width), and int32 (N), encoder frames of each
   */
  encode(features: tf.Tensor, lengths: tf.Tensor, context: Forward): { encoded: tf.Tensor; lengths: tf.Tensor } {
    const { frames, lengths: inside } = this.frontend.forward(features, lengths)
    return { encoded: this.encoder.forward(frames, inside, context), lengths: inside }
  }

  /**
   * `encode` for the next stretch of recordings, of a model that streams.
   *
   * @param features (N, s·(C − 1) + 7, F): what the next C encoder frames see
   * @param lengths int32 (N): how many of them are real
   * @param processed int32 (N): encoder frames that came before
   * @returns (N, C, width), and the state for the next stretch
   */
  encodeStretch(features: tf.Tensor, lengths: tf.Tensor, processed: tf.Tensor, state: StreamState, context: Forward) {
    if (!this.streaming) throw new Error('This encoder sees what comes later: it cannot be used on a stream. Train a causal one.')
    const { frames, lengths: inside, state: heard } = this.frontend.stretch(features, lengths, state)
    const { output, state: after } = this.streaming.step(frames, inside, processed, state, context)
    return { encoded: output, state: { ...after, ...heard } }
  }
}
