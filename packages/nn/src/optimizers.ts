import { tf } from '@parlance/runtime'
import { checkDistinct } from './gradients.js'

/** An update rule whose whole state is explicit: it can be traced, saved and resumed. */
export interface Optimizer {
  /**
   * Updates the parameters that have a gradient. Reads no value and creates no variable, so it may be traced.
   *
   * @param gradients by parameter name, each of its parameter's shape
   * @param learningRate float32 scalar
   * @param step int32 scalar, 1 for the first update
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void
  /** The state besides the parameters, by name; assigning the variables restores it. */
  state(): Map<string, tf.Variable>
  /** Frees the state. */
  dispose(): void
}

function slots(parameters: ReadonlyMap<string, tf.Variable>): Map<string, tf.Variable> {
  const zeros = (shape: number[]) => tf.tidy(() => tf.variable(tf.zeros(shape), false))
  return new Map([...parameters].map(([name, { shape }]) => [name, zeros(shape)]))
}

function prefixed(prefix: string, variables: ReadonlyMap<string, tf.Variable>): [string, tf.Variable][] {
  return [...variables].map(([name, variable]) => [`${prefix}.${name}`, variable])
}

function* updates(
  parameters: ReadonlyMap<string, tf.Variable>,
  gradients: ReadonlyMap<string, tf.Tensor>,
): Generator<[name: string, parameter: tf.Variable, gradient: tf.Tensor]> {
  for (const [name, gradient] of gradients) {
    const parameter = parameters.get(name)
    if (!parameter) throw new Error(`There is a gradient for ${name}, which the optimizer was not given.`)
    yield [name, parameter, gradient]
  }
}

/** 1 − βᵗ without the cancellation that float32 suffers where β is near 1: 1 − eˣ = −tanh(x/2)(1 + eˣ), x = t ln β. */
function oneMinusPower(beta: number, step: tf.Tensor): tf.Tensor {
  const x = tf.mul(tf.cast(step, 'float32'), Math.log(beta))
  return tf.mul(tf.neg(tf.tanh(tf.mul(x, 0.5))), tf.add(tf.exp(x), 1))
}

export interface AdamWOptions {
  /** Decay of the mean of the gradients, in (0, 1); default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares, in (0, 1); default 0.999. */
  beta2?: number
  /** Added to the root in the denominator; default 1e-8. */
  epsilon?: number
  /** Decoupled weight decay per unit of learning rate; default 0.01. */
  weightDecay?: number
  /** Which parameters decay; default those of two or more dimensions (no bias, no normalisation gain). */
  decay?: (name: string, parameter: tf.Variable) => boolean
}

/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2, with the decay scaled
 * by the learning rate as in PyTorch):
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) − η λ θ
 *
 * The state holds m / (1 − β₁) as `first_moment` and v / (1 − β₂) as `second_moment`: the constants then join the
 * scalars that are computed once per step, which saves two passes over every parameter.
 */
export class AdamW implements Optimizer {
  private readonly beta1: number
  private readonly beta2: number
  private readonly epsilon: number
  private readonly weightDecay: number
  private readonly decayed: ReadonlySet<string>
  private readonly first: Map<string, tf.Variable>
  private readonly second: Map<string, tf.Variable>

  /** @throws RangeError for a β outside (0, 1) or a negative weight decay or ε. */
  constructor(
    private readonly parameters: ReadonlyMap<string, tf.Variable>,
    options: AdamWOptions = {},
  ) {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options
    const { decay = (_, parameter) => parameter.rank >= 2 } = options
    for (const [name, beta] of Object.entries({ beta1, beta2 })) {
      if (!(beta > 0 && beta < 1)) throw new RangeError(`AdamW's ${name} must lie between 0 and 1, got ${beta}.`)
    }
    for (const [name, value] of Object.entries({ epsilon, weightDecay })) {
      if (!(value >= 0)) throw new RangeError(`AdamW's ${name} must be 0 or more, got ${value}.`)
    }
    checkDistinct(parameters)
    this.beta1 = beta1
    this.beta2 = beta2
    this.epsilon = epsilon
    this.weightDecay = weightDecay
    const decays = weightDecay > 0 ? [...parameters].filter(([name, parameter]) => decay(name, parameter)) : []
    this.decayed = new Set(decays.map(([name]) => name))
    this.first = slots(parameters)
    this.second = slots(parameters)
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    const { beta1, beta2 } = this
    tf.tidy(() => {
      const root = tf.sqrt(tf.div(1 - beta2, oneMinusPower(beta2, step)))
      const rate = tf.div(tf.mul(learningRate, 1 - beta1), tf.mul(oneMinusPower(beta1, step), root))
      const epsilon = tf.div(this.epsilon, root)
      const keep = tf.sub(1, tf.mul(learningRate, this.weightDecay))
      for (const [name, parameter, gradient] of updates(this.parameters, gradients)) {
        const first = this.first.get(name) as tf.Variable
        const second = this.second.get(name) as tf.Variable
        const m = tf.add(tf.mul(first, beta1), gradient)
        const v = tf.add(tf.mul(second, beta2), tf.mul(gradient, gradient))
        const change = tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon))
        const kept = this.decayed.has(name) ? tf.mul(parameter, keep) : parameter
        parameter.assign(tf.sub(kept, change))
        first.assign(m)
        second.assign(v)
      }
    })
  }

  state(): Map<string, tf.Variable> {
    return new Map([...prefixed('first_moment', this.first), ...prefixed('second_moment', this.second)])
  }

  dispose(): void {
    for (const variable of this.state().values()) variable.dispose()
  }
}

export interface SGDOptions {
  /** μ; default 0, without momentum and without state. */
  momentum?: number
  /** λ, added to the gradient as λ θ (an L2 penalty, of every parameter); default 0. */
  weightDecay?: number
}

/** Stochastic gradient descent with momentum as in PyTorch: g ← g + λ θ, b ← μ b + g, θ ← θ − η b. */
export class SGD implements Optimizer {
  private readonly momentum: number
  private readonly weightDecay: number
  private readonly buffers: Map<string, tf.Variable>

  /** @throws RangeError for a momentum outside [0, 1) or a negative weight decay. */
  constructor(
    private readonly parameters: ReadonlyMap<string, tf.Variable>,
    { momentum = 0, weightDecay = 0 }: SGDOptions = {},
  ) {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new RangeError(`SGD's momentum must be at least 0 and less than 1, got ${momentum}.`)
    }
    if (!(weightDecay >= 0)) throw new RangeError(`SGD's weightDecay must be 0 or more, got ${weightDecay}.`)
    checkDistinct(parameters)
    this.momentum = momentum
    this.weightDecay = weightDecay
    this.buffers = momentum > 0 ? slots(parameters) : new Map()
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor): void {
    tf.tidy(() => {
      for (const [name, parameter, gradient] of updates(this.parameters, gradients)) {
        let change = gradient
        if (this.weightDecay > 0) change = tf.add(change, tf.mul(parameter, this.weightDecay))
        const buffer = this.buffers.get(name)
        if (buffer) {
          change = tf.add(tf.mul(buffer, this.momentum), change)
          buffer.assign(change)
        }
        parameter.assign(tf.sub(parameter, tf.mul(change, learningRate)))
      }
    })
  }

  state(): Map<string, tf.Variable> {
    return new Map(prefixed('momentum', this.buffers))
  }

  dispose(): void {
    for (const variable of this.buffers.values()) variable.dispose()
  }
}
