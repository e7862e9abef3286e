import { type Random, tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import type { Forward } from '../forward.js'
import { kaimingUniform, zeros } from '../initializers.js'
import type { Linear, LinearAdapter } from '../layers/linear.js'
import { Module, parameter } from '../module.js'

/** The forward pass that the adapters of a model run in. */
export interface Pass {
  current: Forward
}

export interface AdapterSettings {
  /** r, the rank of the change of each weight. */
  rank: number
  /** The change is scaled by alpha / rank; default `rank`, that is by 1. */
  alpha?: number
  /** Rate of dropout on the adapters' input; default 0. */
  dropout?: number
}

/** (alpha / rank) · B·A for one layer: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022. */
export class LowRankAdapter extends Module implements LinearAdapter {
  /** A: (rank, inputs), at first uniform within ±1/√inputs. */
  readonly down: tf.Variable
  /** B: (outputs, rank), at first zero, so that the adapter changes nothing. */
  readonly up: tf.Variable
  private readonly scale: number
  private readonly dropout: number

  /** @throws Error for a rank that is not a whole number of 1 or more; RangeError for a dropout rate outside [0, 1). */
  constructor(
    { inputs, outputs }: Linear,
    random: Random,
    { rank, alpha = rank, dropout = 0 }: AdapterSettings,
    private readonly pass: Pass,
  ) {
    super()
    expectSize('The rank of an adapter', rank)
    if (!Number.isFinite(alpha)) throw new RangeError(`The alpha of an adapter must be a number, got ${alpha}.`)
    if (!(dropout >= 0 && dropout < 1)) {
      throw new RangeError(`The dropout of an adapter must be at least 0 and less than 1, got ${dropout}.`)
    }
    this.scale = alpha / rank
    this.dropout = dropout
    this.down = parameter(kaimingUniform(Math.sqrt(1 / 3))(random, [rank, inputs]), [rank, inputs])
    this.up = parameter(zeros(random, [outputs, rank]), [outputs, rank])
  }

  /** From (…, inputs) to (…, outputs). */
  forward(x: tf.Tensor): tf.Tensor {
    const { shape } = this.down
    const rows = tf.reshape(this.pass.current.dropout(x, this.dropout), [-1, shape[1] as number])
    const low = tf.mul(tf.matMul(rows, this.down, false, true), this.scale)
    return tf.reshape(tf.matMul(low, this.up, false, true), [...x.shape.slice(0, -1), this.up.shape[0] as number])
  }

  /** The change of the layer's weight, (outputs, inputs). */
  delta(): tf.Tensor {
    return tf.tidy(() => tf.mul(tf.matMul(this.up, this.down), this.scale))
  }
}
