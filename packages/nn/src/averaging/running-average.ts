import { tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import { integer } from '../iota.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import type { MeasuredStep } from '../schedules/schedule.js'
import { WeightAverage } from './weight-average.js'

/** Whether averaging should begin now, by all evaluations so far, oldest first. */
export type AveragingTrigger = (evaluations: readonly MeasuredStep[]) => boolean

export interface RunningAverageOptions {
  /** The first update whose weights count: a number (default 1), or the one after the evaluation that a trigger picks. */
  start?: number | AveragingTrigger
  /** Only the weights of every so many updates count; default 1. */
  every?: number
}

const NEVER = 2 ** 31 - 1

/**
 * The plain mean of the weights after updates start, start + every, …; before the start, the weights themselves.
 *
 * - Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992: over `SGD` from the start on.
 *   torch.optim.ASGD(λ, t₀) is `SGD` with λ added to its weight decay, start t₀ + 2 and
 *   `inversePowerSchedule({ peak, decay: λ · peak, power: 0.75 })`.
 * - NT-ASGD (Merity, Keskar and Socher, "Regularizing and Optimizing LSTM Language Models", ICLR 2018, algorithm 1): over
 *   `SGD` with `nonMonotonic()` as the start.
 * - Stochastic weight averaging (Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization",
 *   UAI 2018): over any optimizer, from late in the training on, once per cycle or epoch.
 */
export class RunningAverage extends WeightAverage {
  private readonly every: number
  private readonly trigger: AveragingTrigger | undefined
  /** int32 scalar: the first update whose weights count. */
  private readonly start: tf.Variable

  /** @throws Error for a start or interval that is not a whole number of 1 or more. */
  constructor(
    parameters: ReadonlyMap<string, tf.Variable>,
    optimizer: Optimizer,
    { start = 1, every = 1 }: RunningAverageOptions = {},
  ) {
    if (typeof start === 'number') expectSize('The start of an average', start)
    expectSize('The updates between averaged weights', every)
    super(parameters, optimizer)
    this.every = every
    this.trigger = typeof start === 'number' ? undefined : start
    const first = typeof start === 'number' ? start : NEVER
    this.start = tf.tidy(() => tf.variable(integer(first), false))
  }

  protected override rate(step: tf.Tensor): tf.Tensor {
    const since = tf.sub(step, this.start)
    const before = tf.div(tf.maximum(since, integer(0)).toFloat(), this.every)
    const index = tf.floor(before)
    const counts = tf.cast(tf.equal(before, index), 'float32')
    return tf.where(tf.less(since, integer(0)), 1, tf.div(counts, tf.add(index, 1)))
  }

  override evaluated(evaluations: readonly MeasuredStep[]): void {
    const last = evaluations.at(-1)
    if (!last || !this.trigger || this.start.dataSync()[0] !== NEVER || !this.trigger(evaluations)) return
    tf.tidy(() => this.start.assign(integer(last.step + 1)))
  }

  override state(): Map<string, tf.Variable> {
    return super.state().set('average_start', this.start)
  }

  override dispose(): void {
    super.dispose()
    this.start.dispose()
  }
}

/**
 * Says yes when an evaluation is worse than the best of those before the last `patience` ones (default 5): progress then
 * no longer is monotonic, and averaging pays (Merity, Keskar and Socher 2018, algorithm 1, where it is n).
 */
export function nonMonotonic(options: { patience?: number; direction?: 'minimize' | 'maximize' } = {}): AveragingTrigger {
  const { patience = 5, direction = 'minimize' } = options
  expectSize('The patience of a trigger', patience)
  const sign = direction === 'minimize' ? 1 : -1
  return (evaluations) => {
    const values = evaluations.map(({ value }) => sign * value)
    const old = values.slice(0, Math.max(0, values.length - 1 - patience))
    return old.length > 0 && (values.at(-1) as number) > Math.min(...old)
  }
}
