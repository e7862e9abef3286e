import { tf } from '@parlance/runtime'
import { checkNotNegative } from './checks.js'
import { type DecayFilter, decayedNames } from './decay.js'
import { type MomentOptions, MomentOptimizer } from './moments.js'

export interface AdamWOptions extends MomentOptions {
  /** Decoupled weight decay per unit of learning rate; default 0.01. */
  weightDecay?: number
  /** Which parameters decay; default those of two or more dimensions (no bias, no normalisation gain). */
  decay?: DecayFilter
}

/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2, with the decay scaled
 * by the learning rate as in PyTorch):
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) − η λ θ
 */
export class AdamW extends MomentOptimizer {
  private readonly weightDecay: number
  private readonly decayed: ReadonlySet<string>

  /** @throws RangeError for a β outside (0, 1) or a negative weight decay or ε. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: AdamWOptions = {}) {
    const { weightDecay = 0.01, decay, ...moments } = options
    checkNotNegative('AdamW', { weightDecay })
    super('AdamW', parameters, moments)
    this.weightDecay = weightDecay
    this.decayed = decayedNames(parameters, weightDecay, decay)
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    tf.tidy(() => {
      const scalars = this.scalars(learningRate, step)
      const keep = tf.sub(1, tf.mul(learningRate, this.weightDecay))
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const kept = this.decayed.has(name) ? tf.mul(parameter, keep) : parameter
        parameter.assign(tf.sub(kept, this.change(name, gradient, scalars)))
      }
    })
  }
}
