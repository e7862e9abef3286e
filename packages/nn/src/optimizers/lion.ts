import { tf } from '@parlance/runtime'
import { checkFractions, checkNotNegative } from './checks.js'
import { type DecayFilter, decayedNames } from './decay.js'
import { type Slots, SlotOptimizer } from './optimizer.js'

export interface LionOptions {
  /** Weight of the momentum in the direction taken, in (0, 1); default 0.9. */
  beta1?: number
  /** Decay of the momentum, in (0, 1); default 0.99. */
  beta2?: number
  /** Decoupled weight decay per unit of learning rate; default 0. Three to ten times AdamW's, as the rate is as much lower. */
  weightDecay?: number
  /** Which parameters decay; default those of two or more dimensions. */
  decay?: DecayFilter
}

/**
 * Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023, program 1), with one moment where
 * Adam has two: θ ← θ − η (sign(β₁ m + (1 − β₁) g) + λ θ), m ← β₂ m + (1 − β₂) g.
 *
 * The state holds m / (1 − β₂), which saves a pass over every parameter.
 */
export class Lion extends SlotOptimizer {
  private readonly beta1: number
  private readonly beta2: number
  private readonly weightDecay: number
  private readonly decayed: ReadonlySet<string>
  private readonly moments: Slots

  /** @throws RangeError for a β outside (0, 1) or a negative weight decay. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: LionOptions = {}) {
    const { beta1 = 0.9, beta2 = 0.99, weightDecay = 0, decay } = options
    checkFractions('Lion', { beta1, beta2 })
    checkNotNegative('Lion', { weightDecay })
    super(parameters)
    this.beta1 = beta1
    this.beta2 = beta2
    this.weightDecay = weightDecay
    this.decayed = decayedNames(parameters, weightDecay, decay)
    this.moments = this.addSlots('moment')
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor): void {
    tf.tidy(() => {
      const keep = tf.sub(1, tf.mul(learningRate, this.weightDecay))
      // The sign is that of β₁ (1 − β₂) / (1 − β₁) · (m / (1 − β₂)) + g.
      const weight = (this.beta1 * (1 - this.beta2)) / (1 - this.beta1)
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const moment = this.moments.get(name) as tf.Variable
        const direction = tf.sign(tf.add(tf.mul(moment, weight), gradient))
        moment.assign(tf.add(tf.mul(moment, this.beta2), gradient))
        const kept = this.decayed.has(name) ? tf.mul(parameter, keep) : parameter
        parameter.assign(tf.sub(kept, tf.mul(direction, learningRate)))
      }
    })
  }
}
