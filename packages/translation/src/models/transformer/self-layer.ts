import type { Forward, Initializer } from '@parlance/nn'
import { Module } from '@parlance/nn'
import type { Random, tf } from '@parlance/runtime'
import type { Ports, Tensors } from '../encoder-decoder.js'

export interface SelfLayerOptions {
  width: number
  /** Only attention has them. */
  heads: number
  /** Rate of dropout on attention weights. */
  dropout: number
  initializer: Initializer
  random: Random
}

export interface SelfStep {
  /** (R, width) */
  output: tf.Tensor
  state: Tensors
}

/** How a decoder layer looks back at what was said: self-attention, or what takes its place. */
export abstract class SelfLayer extends Module {
  /** What it carries from position to position. */
  abstract readonly statePorts: Ports

  /** All positions at once: from x (N, T, width) to the same shape, position t seeing positions 0 to t. */
  abstract forward(x: tf.Tensor, context: Forward): tf.Tensor

  /**
   * @param x (R, width)
   * @param state of the positions before, which `position`, int32 (1), counts
   */
  abstract step(x: tf.Tensor, state: Tensors, position: tf.Tensor, context: Forward): SelfStep
}
