import { tf } from '@parlance/runtime'

/** The scale stays within these bounds: below the first the gradients themselves are wrong, above the second nothing is gained. */
const LEAST_SCALE = 1
const LARGEST_SCALE = 2 ** 24
/** Compared with, because shading languages may take a test for NaN for one that always fails. */
const LARGEST_FLOAT = 3.4028234663852886e38

export interface LossScalingOptions {
  /** A power of two from 1 to 2²⁴, so that scaling rounds nothing; default 2¹⁶. */
  initialScale?: number
  /** The scale doubles after so many updates in a row without overflow; default 2000. */
  growthInterval?: number
}

/**
 * Dynamic loss scaling (Micikevicius et al., "Mixed Precision Training", ICLR 2018, §3.2): the loss is multiplied by a
 * scale before its gradients are taken, so that small ones do not vanish in float16, and the gradients are divided by it.
 * When one of them is not finite, the update is skipped, exactly as if the batch had not been, and the scale is halved;
 * after `growthInterval` updates without that it is doubled.
 *
 * Scale and counts are variables, so that the whole is traced with the step; `train` saves and resumes them.
 */
export class LossScaling {
  /** float32 scalar */
  readonly scale: tf.Variable
  /** Updates since the scale last changed: int32 scalar. */
  private readonly since: tf.Variable
  /** Updates that were skipped: int32 scalar. */
  readonly skipped: tf.Variable
  private readonly growthInterval: number

  /** @throws RangeError for a scale that is no power of two from 1 to 2²⁴ or an interval below 1. */
  constructor({ initialScale = 2 ** 16, growthInterval = 2000 }: LossScalingOptions = {}) {
    if (!(Number.isInteger(Math.log2(initialScale)) && initialScale >= LEAST_SCALE && initialScale <= LARGEST_SCALE)) {
      throw new RangeError(`The initial loss scale must be a power of two from 1 to 2^24, got ${initialScale}.`)
    }
    if (!(Number.isSafeInteger(growthInterval) && growthInterval >= 1)) {
      throw new RangeError(`The growth interval of loss scaling must be a whole number of 1 or more, got ${growthInterval}.`)
    }
    this.growthInterval = growthInterval
    const variable = (value: number, dtype: 'float32' | 'int32') => tf.tidy(() => tf.variable(tf.scalar(value, dtype), false))
    this.scale = variable(initialScale, 'float32')
    this.since = variable(0, 'int32')
    this.skipped = variable(0, 'int32')
  }

  /**
   * Calls `apply` and takes back what it assigned to `variables` unless `norm` is finite; then adapts the scale.
   *
   * @param norm the norm of all gradients together, a scalar: not finite as soon as one gradient is not
   * @param step int32 scalar, 1 for the first update
   * @param apply updates `variables`; it is given the step without the skipped ones
   * @returns the norm, 0 when the update was skipped; not finite when the scale cannot be lowered any more, as then it
   *   is not to blame
   */
  update(norm: tf.Tensor, step: tf.Tensor, variables: Iterable<tf.Variable>, apply: (step: tf.Tensor) => void): tf.Scalar {
    const { scale, since, skipped } = this
    return tf.tidy(() => {
      const finite = tf.lessEqual(norm, LARGEST_FLOAT)
      const before = [...variables].map((variable) => [variable, variable.clone()] as const)
      apply(tf.sub(step, skipped))
      for (const [variable, old] of before) {
        if (variable.dataId !== old.dataId) variable.assign(tf.where(finite, variable, old))
      }
      const lowest = tf.lessEqual(scale, LEAST_SCALE)
      const reported = tf.where(tf.logicalOr(finite, lowest), norm, 0)
      const [none, one] = [tf.scalar(0, 'int32'), tf.scalar(1, 'int32')]
      const applied = tf.cast(finite, 'int32')
      const count = tf.mul(tf.add(since, one), applied)
      const grows = tf.greaterEqual(count, tf.scalar(this.growthInterval, 'int32'))
      const larger = tf.minimum(tf.mul(scale, 2), LARGEST_SCALE)
      const smaller = tf.maximum(tf.mul(scale, 0.5), LEAST_SCALE)
      skipped.assign(tf.add(skipped, tf.sub(one, applied)))
      scale.assign(tf.where(finite, tf.where(grows, larger, scale), smaller))
      since.assign(tf.where(grows, none, count))
      return reported.asScalar()
    })
  }

  /** The state by name; assigning the variables restores it. */
  state(): Map<string, tf.Variable> {
    return new Map([
      ['loss_scale', this.scale],
      ['loss_scale.updates', this.since],
      ['loss_scale.skipped', this.skipped],
    ])
  }

  /** Frees the state. */
  dispose(): void {
    for (const variable of this.state().values()) variable.dispose()
  }
}
