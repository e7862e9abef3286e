import { tf } from '@parlance/runtime'
import { checkFractions, checkMomentum, checkNotNegative } from './checks.js'
import { withPenalty } from './decay.js'
import { type Slots, SlotOptimizer } from './optimizer.js'

export interface RMSPropOptions {
  /** α, the decay of the mean of squares, in (0, 1); default 0.99. */
  decay?: number
  /** Added to the root in the denominator; default 1e-8. */
  epsilon?: number
  /** μ; default 0, without momentum. */
  momentum?: number
  /** Divides by an estimate of the gradient's deviation, the mean of squares less the square of the mean. Default false. */
  centered?: boolean
  /** λ, added to the gradient as λ θ (an L2 penalty, of every parameter); default 0. */
  weightDecay?: number
}

/**
 * RMSProp (Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012; centred as in Graves,
 * "Generating Sequences With Recurrent Neural Networks", 2013; the details are PyTorch's):
 *
 *     g ← g + λ θ        v ← α v + (1 − α) g²        a ← α a + (1 − α) g, or 0 if not centred
 *     b ← μ b + g / (√(v − a²) + ε)        θ ← θ − η b
 *
 * The state holds v / (1 − α) and a / (1 − α), which saves passes over every parameter.
 */
export class RMSProp extends SlotOptimizer {
  private readonly decay: number
  private readonly epsilon: number
  private readonly momentum: number
  private readonly weightDecay: number
  private readonly squares: Slots
  private readonly means: Slots | undefined
  private readonly buffers: Slots | undefined

  /** @throws RangeError for a decay outside (0, 1), a momentum outside [0, 1), a negative ε or weight decay. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: RMSPropOptions = {}) {
    const { decay = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options
    checkFractions('RMSProp', { decay })
    checkMomentum('RMSProp', { momentum })
    checkNotNegative('RMSProp', { epsilon, weightDecay })
    super(parameters)
    this.decay = decay
    this.epsilon = epsilon
    this.momentum = momentum
    this.weightDecay = weightDecay
    this.squares = this.addSlots('square')
    this.means = centered ? this.addSlots('mean') : undefined
    this.buffers = momentum > 0 ? this.addSlots('momentum') : undefined
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor): void {
    tf.tidy(() => {
      const root = Math.sqrt(1 - this.decay)
      const rate = tf.div(learningRate, root)
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const g = withPenalty(gradient, parameter, this.weightDecay)
        const square = this.squares.get(name) as tf.Variable
        const v = tf.add(tf.mul(square, this.decay), tf.mul(g, g))
        square.assign(v)
        const denominator = tf.add(tf.sqrt(this.centre(name, g, v)), this.epsilon / root)
        const buffer = this.buffers?.get(name)
        if (buffer) {
          const moved = tf.add(tf.mul(buffer, this.momentum), tf.div(g, denominator))
          buffer.assign(moved)
          parameter.assign(tf.sub(parameter, tf.mul(moved, rate)))
        } else {
          parameter.assign(tf.sub(parameter, tf.div(tf.mul(g, rate), denominator)))
        }
      }
    })
  }

  /** The mean of squares, less the square of the mean where that is kept, both over 1 − α. */
  private centre(name: string, gradient: tf.Tensor, v: tf.Tensor): tf.Tensor {
    const mean = this.means?.get(name)
    if (!mean) return v
    const a = tf.add(tf.mul(mean, this.decay), gradient)
    mean.assign(a)
    // Rounding may take the difference below zero where the gradient hardly varies.
    return tf.maximum(tf.sub(v, tf.mul(tf.mul(a, a), 1 - this.decay)), 0)
  }
}
