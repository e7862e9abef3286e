import { tf } from '@parlance/runtime'
import { checkNotNegative } from './checks.js'
import { withPenalty } from './decay.js'
import { type Slots, SlotOptimizer } from './optimizer.js'

export interface AdagradOptions {
  /** What the sums of squares start at; default 0. */
  initialSum?: number
  /** Added to the root in the denominator; default 1e-10. */
  epsilon?: number
  /** λ, added to the gradient as λ θ (an L2 penalty, of every parameter); default 0. */
  weightDecay?: number
}

/**
 * Adagrad (Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR
 * 2011; as in PyTorch): g ← g + λ θ, s ← s + g², θ ← θ − η g / (√s + ε).
 */
export class Adagrad extends SlotOptimizer {
  private readonly epsilon: number
  private readonly weightDecay: number
  private readonly sums: Slots

  /** @throws RangeError for a negative option. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: AdagradOptions = {}) {
    const { initialSum = 0, epsilon = 1e-10, weightDecay = 0 } = options
    checkNotNegative('Adagrad', { initialSum, epsilon, weightDecay })
    super(parameters)
    this.epsilon = epsilon
    this.weightDecay = weightDecay
    this.sums = this.addSlots('sum', { fill: initialSum })
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor): void {
    tf.tidy(() => {
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const g = withPenalty(gradient, parameter, this.weightDecay)
        const sum = this.sums.get(name) as tf.Variable
        const grown = tf.add(sum, tf.mul(g, g))
        sum.assign(grown)
        parameter.assign(tf.sub(parameter, tf.div(tf.mul(g, learningRate), tf.add(tf.sqrt(grown), this.epsilon))))
      }
    })
  }
}
