import { type Random, tf } from '@parlance/runtime'
import { activate, type Activation, type Gate } from '../activations.js'
import type { Initializer } from '../initializers.js'
import { Module } from '../module.js'
import { Linear } from './linear.js'

/**
 * Gated linear unit (Dauphin et al. 2017): the first half of the last axis times the gate σ(second half), as in PyTorch.
 * With another activation of the gate it is one of Shazeer's variants (2020): SwiGLU (silu), GEGLU (gelu), ReGLU (relu).
 *
 * @param x (…, 2·C)
 * @returns (…, C)
 */
export function glu(x: tf.Tensor, gate: Gate = 'sigmoid'): tf.Tensor {
  const width = x.shape[x.rank - 1] ?? 0
  if (width === 0 || width % 2 !== 0) throw new Error(`A gated linear unit halves its last axis, which must be even, got ${width}.`)
  const [value, gated] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
  return tf.mul(value, activate(gate, gated))
}

export interface GatedFeedForwardOptions {
  width: number
  /** Two thirds of an ungated layer's hidden width make as many parameters. */
  hidden: number
  random: Random
  /** Of the gate: 'silu' makes SwiGLU (LLaMA), 'gelu' GEGLU. Default 'silu'. */
  activation?: Activation
  /** Default false, as in LLaMA. */
  bias?: boolean
  initializer?: Initializer
}

/**
 * The gated feed-forward layer of a transformer (Shazeer 2020, section 2): down(φ(gate(x)) ⊙ up(x)), with the names of
 * Hugging Face's LLaMA.
 */
export class GatedFeedForward extends Module {
  readonly gate_proj: Linear
  readonly up_proj: Linear
  readonly down_proj: Linear
  private readonly activation: Activation

  constructor({ width, hidden, random, activation = 'silu', bias = false, initializer }: GatedFeedForwardOptions) {
    super()
    const shared = { bias, ...(initializer && { initializer }) }
    this.activation = activation
    this.gate_proj = new Linear({ inputs: width, outputs: hidden, random: random.fork('gate_proj'), ...shared })
    this.up_proj = new Linear({ inputs: width, outputs: hidden, random: random.fork('up_proj'), ...shared })
    this.down_proj = new Linear({ inputs: hidden, outputs: width, random: random.fork('down_proj'), ...shared })
  }

  /** (…, width) to the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    const gate = activate(this.activation, this.gate_proj.forward(x))
    return this.down_proj.forward(tf.mul(gate, this.up_proj.forward(x)))
  }
}
