import { tf } from '@parlance/runtime'
import { checkNotNegative } from './checks.js'
import { withPenalty } from './decay.js'
import { type MomentOptions, MomentOptimizer } from './moments.js'

export interface AdamOptions extends MomentOptions {
  /** λ, added to the gradient as λ θ (an L2 penalty, of every parameter); default 0. `AdamW` decays better. */
  weightDecay?: number
}

/**
 * Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; as in PyTorch):
 *
 *     g ← g + λ θ        m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 */
export class Adam extends MomentOptimizer {
  private readonly weightDecay: number

  /** @throws RangeError for a β outside (0, 1) or a negative weight decay or ε. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: AdamOptions = {}) {
    const { weightDecay = 0, ...moments } = options
    checkNotNegative('Adam', { weightDecay })
    super('Adam', parameters, moments)
    this.weightDecay = weightDecay
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    tf.tidy(() => {
      const scalars = this.scalars(learningRate, step)
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const penalized = withPenalty(gradient, parameter, this.weightDecay)
        parameter.assign(tf.sub(parameter, this.change(name, penalized, scalars)))
      }
    })
  }
}
