import { tf } from '@parlance/runtime'
import { checkFractions, checkNotNegative } from './checks.js'
import { type Slots, SlotOptimizer } from './optimizer.js'
import { oneMinusPower } from './powers.js'

export interface MomentOptions {
  /** Decay of the mean of the gradients, in (0, 1); default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares, in (0, 1); default 0.999. */
  beta2?: number
  /** Added to the root in the denominator; default 1e-8. */
  epsilon?: number
  /**
   * Divides by the greatest mean of squares so far instead of the present one (Reddi, Kale and Kumar, "On the
   * Convergence of Adam and Beyond", ICLR 2018); default false.
   */
  amsgrad?: boolean
}

/** The scalars of one update. */
interface Scalars {
  rate: tf.Tensor
  epsilon: tf.Tensor
}

/**
 * What Adam and AdamW share: η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
 *
 * The state holds m / (1 − β₁) as `first_moment` and v / (1 − β₂) as `second_moment`: the constants then join the
 * scalars that are computed once per step, which saves two passes over every parameter.
 */
export abstract class MomentOptimizer extends SlotOptimizer {
  private readonly beta1: number
  private readonly beta2: number
  private readonly epsilon: number
  private readonly first: Slots
  private readonly second: Slots
  private readonly greatest: Slots | undefined

  constructor(name: string, parameters: ReadonlyMap<string, tf.Variable>, options: MomentOptions) {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options
    checkFractions(name, { beta1, beta2 })
    checkNotNegative(name, { epsilon })
    super(parameters)
    this.beta1 = beta1
    this.beta2 = beta2
    this.epsilon = epsilon
    this.first = this.addSlots('first_moment')
    this.second = this.addSlots('second_moment')
    this.greatest = amsgrad ? this.addSlots('greatest_second_moment') : undefined
  }

  protected scalars(learningRate: tf.Tensor, step: tf.Tensor): Scalars {
    const { beta1, beta2 } = this
    const root = tf.sqrt(tf.div(1 - beta2, oneMinusPower(beta2, step)))
    const rate = tf.div(tf.mul(learningRate, 1 - beta1), tf.mul(oneMinusPower(beta1, step), root))
    return { rate, epsilon: tf.div(this.epsilon, root) }
  }

  /** Moves the moments of a parameter on and gives what is to be subtracted from it. */
  protected change(name: string, gradient: tf.Tensor, { rate, epsilon }: Scalars): tf.Tensor {
    const first = this.first.get(name) as tf.Variable
    const second = this.second.get(name) as tf.Variable
    const m = tf.add(tf.mul(first, this.beta1), gradient)
    const v = tf.add(tf.mul(second, this.beta2), tf.mul(gradient, gradient))
    first.assign(m)
    second.assign(v)
    const greatest = this.greatest?.get(name)
    let squares: tf.Tensor = v
    if (greatest) {
      squares = tf.maximum(greatest, v)
      greatest.assign(squares)
    }
    return tf.div(tf.mul(m, rate), tf.add(tf.sqrt(squares), epsilon))
  }
}
