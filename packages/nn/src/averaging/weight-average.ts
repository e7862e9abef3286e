import { tf } from '@parlance/runtime'
import type { Optimizer } from '../optimizers/optimizer.js'
import type { MeasuredStep } from '../schedules/schedule.js'

/**
 * An optimizer that also averages the weights that its updates go through. Training goes on from the last weights;
 * `train` evaluates and keeps the averages. They belong to the state, and so to the checkpoint.
 */
export abstract class WeightAverage implements Optimizer {
  private readonly averages: ReadonlyMap<string, tf.Variable>

  /** @param optimizer what makes the updates; its state is disposed with this one's */
  constructor(
    private readonly parameters: ReadonlyMap<string, tf.Variable>,
    private readonly optimizer: Optimizer,
  ) {
    const copy = (of: tf.Variable): tf.Variable => tf.tidy(() => tf.variable(of.clone(), false))
    this.averages = new Map([...parameters].map(([name, parameter]) => [name, copy(parameter)]))
  }

  /** The scalar r of average ← average + r (weights − average) after update `step`. */
  protected abstract rate(step: tf.Tensor): tf.Tensor

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    this.optimizer.apply(gradients, learningRate, step)
    tf.tidy(() => {
      const rate = this.rate(step)
      for (const [name, average] of this.averages) {
        const weights = this.parameters.get(name) as tf.Variable
        average.assign(tf.add(average, tf.mul(tf.sub(weights, average), rate)))
      }
    })
  }

  /** Told all evaluations so far, oldest first, after each of them. */
  evaluated(_evaluations: readonly MeasuredStep[]): void {}

  /** Does `work` while the parameters hold the averages, whatever becomes of it. Make no update meanwhile. */
  async whileAveraged<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.exchange()
    try {
      return await work()
    } finally {
      this.exchange()
    }
  }

  private exchange(): void {
    tf.tidy(() => {
      for (const [name, average] of this.averages) {
        const weights = this.parameters.get(name) as tf.Variable
        const trained = weights.clone()
        weights.assign(average.clone())
        average.assign(trained)
      }
    })
  }

  state(): Map<string, tf.Variable> {
    const state = this.optimizer.state()
    for (const [name, average] of this.averages) state.set(`average.${name}`, average)
    return state
  }

  dispose(): void {
    this.optimizer.dispose()
    tf.dispose([...this.averages.values()])
  }
}
