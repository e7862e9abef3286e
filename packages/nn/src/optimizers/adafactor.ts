import { tf } from '@parlance/runtime'
import { checkMomentum, checkNotNegative } from './checks.js'
import { type DecayFilter, decayedNames } from './decay.js'
import { type Slots, SlotOptimizer } from './optimizer.js'

export interface AdafactorOptions {
  /** β₁, the decay of a mean of the updates; default 0, without it and without the memory that it takes. */
  beta1?: number
  /** Updates whose root mean square is above this are scaled down to it; default 1. */
  clip?: number
  /** c in β₂ₜ = 1 − t⁻ᶜ, the decay of the mean of squares; default 0.8. */
  decayPower?: number
  /** The learning rate counts in units of each parameter's root mean square, of at least 1e-3. Default true. */
  relative?: boolean
  /** Decoupled weight decay per unit of learning rate; default 0. */
  weightDecay?: number
  /** Which parameters decay; default those of two or more dimensions. */
  decay?: DecayFilter
}

const SQUARE_EPSILON = 1e-30
const SCALE_EPSILON = 1e-3

function rootMeanSquare(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.mean(tf.mul(x, x)))
}

/**
 * Adafactor (Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", ICML 2018, algorithms 4
 * and 5): the mean of squares of a matrix (R, C) is kept as its means over columns (R) and over rows (C), and other
 * parameters keep a whole one:
 *
 *     r ← β₂ₜ r + (1 − β₂ₜ) meanᶜ(g² + ε₁)        c ← β₂ₜ c + (1 − β₂ₜ) meanʳ(g² + ε₁)        v = r cᵀ / mean(r)
 *     u ← g / √v        u ← u / max(1, RMS(u) / d)        θ ← θ − α u,  α = η max(10⁻³, RMS(θ))
 *
 * Of more than two axes the last two are factored. The paper's rate, min(10⁻⁶ t, 1/√t), is
 * `inverseSquareRootSchedule({ peak: 0.01, warmupSteps: 10_000 })`.
 */
export class Adafactor extends SlotOptimizer {
  private readonly beta1: number
  private readonly clip: number
  private readonly decayPower: number
  private readonly relative: boolean
  private readonly weightDecay: number
  private readonly decayed: ReadonlySet<string>
  private readonly rows: Slots
  private readonly columns: Slots
  private readonly whole: Slots
  private readonly first: Slots | undefined

  /** @throws RangeError for β₁ outside [0, 1), a decay power or clip that is not positive, or a negative weight decay. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, options: AdafactorOptions = {}) {
    const { beta1 = 0, clip = 1, decayPower = 0.8, relative = true, weightDecay = 0, decay } = options
    checkMomentum('Adafactor', { beta1 })
    checkNotNegative('Adafactor', { weightDecay })
    for (const [name, value] of Object.entries({ clip, decayPower })) {
      if (!(value > 0)) throw new RangeError(`Adafactor's ${name} must be more than 0, got ${value}.`)
    }
    super(parameters)
    this.beta1 = beta1
    this.clip = clip
    this.decayPower = decayPower
    this.relative = relative
    this.weightDecay = weightDecay
    this.decayed = decayedNames(parameters, weightDecay, decay)
    this.rows = this.addSlots('row', { shape: ({ rank, shape }) => (rank < 2 ? undefined : shape.slice(0, -1)) })
    this.columns = this.addSlots('column', {
      shape: ({ rank, shape }) => (rank < 2 ? undefined : [...shape.slice(0, -2), shape[rank - 1] as number]),
    })
    this.whole = this.addSlots('square', { shape: ({ rank, shape }) => (rank < 2 ? shape : undefined) })
    this.first = beta1 > 0 ? this.addSlots('first_moment') : undefined
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    tf.tidy(() => {
      const fresh = tf.pow(tf.cast(step, 'float32'), -this.decayPower) // 1 − β₂ₜ
      const keep = tf.sub(1, fresh)
      for (const [name, parameter, gradient] of this.updates(gradients)) {
        const mean = (slots: Slots, values: tf.Tensor): tf.Tensor => {
          const slot = slots.get(name) as tf.Variable
          const moved = tf.add(tf.mul(slot, keep), tf.mul(values, fresh))
          slot.assign(moved)
          return moved
        }
        const scaled = this.scale(gradient, mean)
        const rate = this.relative
          ? tf.mul(learningRate, tf.maximum(rootMeanSquare(parameter), SCALE_EPSILON))
          : learningRate
        const factor = tf.div(rate, tf.maximum(tf.div(rootMeanSquare(scaled), this.clip), 1))
        let change = tf.mul(scaled, factor)
        const first = this.first?.get(name)
        if (first) {
          change = tf.add(tf.mul(first, this.beta1), tf.mul(change, 1 - this.beta1))
          first.assign(change)
        }
        const kept = this.decayed.has(name) ? tf.mul(parameter, tf.sub(1, tf.mul(rate, this.weightDecay))) : parameter
        parameter.assign(tf.sub(kept, change))
      }
    })
  }

  /** g / √v, with v from the means that `mean` moves on. */
  private scale(gradient: tf.Tensor, mean: (slots: Slots, values: tf.Tensor) => tf.Tensor): tf.Tensor {
    const squares = tf.mul(gradient, gradient)
    // ε₁ is added to the means: the mean of g² + ε₁ is that of g² plus ε₁.
    const above = (values: tf.Tensor) => tf.add(values, SQUARE_EPSILON)
    if (gradient.rank < 2) return tf.mul(gradient, tf.rsqrt(mean(this.whole, above(squares))))
    const rows = mean(this.rows, above(tf.mean(squares, -1)))
    const columns = mean(this.columns, above(tf.mean(squares, -2)))
    const ofRows = tf.rsqrt(tf.div(rows, tf.mean(rows, -1, true)))
    return tf.mul(tf.mul(gradient, tf.expandDims(ofRows, -1)), tf.expandDims(tf.rsqrt(columns), -2))
  }
}
