import { tf } from '@parlance/runtime'
import { checkMomentum, checkNotNegative } from './checks.js'
import { withPenalty } from './decay.js'
import { type Slots, SlotOptimizer } from './optimizer.js'

export interface SGDOptions {
  /** μ; default 0, without momentum and without state. */
  momentum?: number
  /** Nesterov's momentum, which looks one step ahead: subtracts η (g + μ b) instead of η b. Default false. */
  nesterov?: boolean
  /** λ, added to the gradient as λ θ (an L2 penalty, of every parameter); default 0. */
  weightDecay?: number
}

/**
 * Stochastic gradient descent with momentum as in PyTorch: g ← g + λ θ, b ← μ b + g, θ ← θ − η b. Nesterov's form is
 * that of Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
 */
export class SGD extends SlotOptimizer {
  private readonly momentum: number
  private readonly nesterov: boolean
  private readonly weightDecay: number
  private readonly buffers: Slots

  /** @throws RangeError for a momentum outside [0, 1), Nesterov without momentum, or a negative weight decay. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: SGDOptions = {}) {
    const { momentum = 0, nesterov = false, weightDecay = 0 } = options
    checkMomentum('SGD', { momentum })
    checkNotNegative('SGD', { weightDecay })
    if (nesterov && momentum === 0) {
      throw new RangeError("SGD's nesterov needs a momentum above 0, got 0: give one, or leave nesterov out.")
    }
    super(parameters)
    this.momentum = momentum
    this.nesterov = nesterov
    this.weightDecay = weightDecay
    this.buffers = momentum > 0 ? this.addSlots('momentum') : new Map()
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor): void {
    tf.tidy(() => {
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        let change = withPenalty(gradient, parameter, this.weightDecay)
        const buffer = this.buffers.get(name)
        if (buffer) {
          const moved = tf.add(tf.mul(buffer, this.momentum), change)
          buffer.assign(moved)
          change = this.nesterov ? tf.add(change, tf.mul(moved, this.momentum)) : moved
        }
        parameter.assign(tf.sub(parameter, tf.mul(change, learningRate)))
      }
    })
  }
}
