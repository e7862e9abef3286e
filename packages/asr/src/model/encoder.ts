import type { Forward, Module } from '@parlance/nn'
import type { Random, tf } from '@parlance/runtime'
import type { EncoderConfig } from '../config.js'
import { ConformerEncoder } from './conformer-encoder.js'
import { LstmEncoder } from './lstm-encoder.js'
import { TransformerEncoder } from './transformer-encoder.js'

/** Turns subsampled frames into what the heads read. */
export interface Encoder extends Module {
  /**
   * @param x (N, T, width)
   * @param lengths int32 (N): how many frames of each are real
   * @returns (N, T, width); what lies beyond a length may be anything
   */
  forward(x: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor
}

/** A tensor that a stream carries from one stretch to the next, zeros at first. Its batch axis is the one that is 'N'. */
export interface StateSpec {
  name: string
  shape: readonly (number | 'N')[]
}

export type StreamState = Record<string, tf.Tensor>

/** An encoder that sees no later frames than those of its chunk. */
export interface StreamingEncoder extends Encoder {
  readonly state: readonly StateSpec[]
  /** Frames that must come at once, except at the end: a stretch has a multiple of them. */
  readonly chunk: number
  /**
   * `forward` for the next frames of a recording.
   *
   * @param x (N, T, width), T a multiple of `chunk` unless the recording ends
   * @param lengths int32 (N): how many of them are real
   * @param processed int32 (N): frames that came before
   */
  step(x: tf.Tensor, lengths: tf.Tensor, processed: tf.Tensor, state: StreamState, context: Forward): { output: tf.Tensor; state: StreamState }
}

export function makeEncoder(config: EncoderConfig, random: Random): Encoder | StreamingEncoder {
  if (config.type === 'lstm') return new LstmEncoder(config, random)
  return config.type === 'conformer' ? new ConformerEncoder(config, random) : new TransformerEncoder(config, random)
}

/** Whether what `makeEncoder` made can be used on a stream. */
export function isStreaming(encoder: Encoder, { causal }: EncoderConfig): encoder is StreamingEncoder {
  return causal && 'step' in encoder
}
