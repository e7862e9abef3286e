import { tf } from '@parlance/runtime'
import { checkDistinct } from '../training/gradients.js'

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

/** What an optimizer keeps for each parameter, by the parameter's name. */
export type Slots = ReadonlyMap<string, tf.Variable>

interface SlotOptions {
  /** The shape for a parameter, or undefined for one that needs none; default the parameter's. */
  shape?: (parameter: tf.Variable) => readonly number[] | undefined
  /** The value to start with; default 0. */
  fill?: number
}

/** An optimizer whose state is one variable, or several, for each parameter. */
export abstract class SlotOptimizer implements Optimizer {
  private readonly slots = new Map<string, Slots>()

  /** @throws Error when one variable has two names. */
  constructor(protected readonly parameters: ReadonlyMap<string, tf.Variable>) {
    checkDistinct(parameters)
  }

  abstract apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void

  /** Makes a variable for each parameter, `slot.parameter` in the state. */
  protected addSlots(slot: string, { shape = (parameter) => parameter.shape, fill = 0 }: SlotOptions = {}): Slots {
    const slots = new Map<string, tf.Variable>()
    for (const [name, parameter] of this.parameters) {
      const size = shape(parameter)
      if (size) slots.set(name, tf.tidy(() => tf.variable(tf.fill([...size], fill), false)))
    }
    this.slots.set(slot, slots)
    return slots
  }

  /** @throws Error for the gradient of a parameter that the optimizer was not given. */
  protected *updates(
    gradients: ReadonlyMap<string, tf.Tensor>,
  ): Generator<[name: string, parameter: tf.Variable, gradient: tf.Tensor]> {
    for (const [name, gradient] of gradients) {
      const parameter = this.parameters.get(name)
      if (!parameter) throw new Error(`There is a gradient for ${name}, which the optimizer was not given.`)
      yield [name, parameter, gradient]
    }
  }

  state(): Map<string, tf.Variable> {
    const state = new Map<string, tf.Variable>()
    for (const [slot, variables] of this.slots) {
      for (const [name, variable] of variables) state.set(`${slot}.${name}`, variable)
    }
    return state
  }

  dispose(): void {
    for (const variable of this.state().values()) variable.dispose()
  }
}
