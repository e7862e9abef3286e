import { tf } from '@parlance/runtime'
import type { Optimizer } from './optimizer.js'

export interface ParameterGroup {
  /** Which parameters belong to the group, of those that no earlier group has taken. */
  filter: (name: string, parameter: tf.Variable) => boolean
  /** Makes the group's optimizer: `(parameters) => new AdamW(parameters, { weightDecay: 0 })`. */
  optimizer: (parameters: ReadonlyMap<string, tf.Variable>) => Optimizer
  /** The group's share of the learning rate; default 1. 0 freezes the group. */
  rate?: number
}

/** Parameters in groups, each with an optimizer and a share of the learning rate of its own. */
export class ParameterGroups implements Optimizer {
  private readonly groups: ReadonlyMap<string, { optimizer: Optimizer; rate: number }>
  /** The group of each parameter. */
  private readonly groupOf: ReadonlyMap<string, string>

  /**
   * @param groups by name, which the names of their state begin with; tried in this order
   * @throws Error for a parameter of no group or a group of no parameters; RangeError for a negative rate
   */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, groups: Readonly<Record<string, ParameterGroup>>) {
    const groupOf = new Map<string, string>()
    for (const [name, parameter] of parameters) {
      const group = Object.entries(groups).find(([, { filter }]) => filter(name, parameter))?.[0]
      if (group === undefined) {
        throw new Error(`${name} belongs to none of the groups ${Object.keys(groups).join(', ')}: add one that takes the rest.`)
      }
      groupOf.set(name, group)
    }
    for (const [group, { rate = 1 }] of Object.entries(groups)) {
      if (!(rate >= 0)) throw new RangeError(`The rate of group ${group} must be 0 or more, got ${rate}.`)
      if (![...groupOf.values()].includes(group)) throw new Error(`No parameter belongs to group ${group}: check its filter.`)
    }
    this.groupOf = groupOf
    this.groups = new Map(
      Object.entries(groups).map(([group, { optimizer, rate = 1 }]) => {
        const own = new Map([...parameters].filter(([name]) => groupOf.get(name) === group))
        return [group, { optimizer: optimizer(own), rate }]
      }),
    )
  }

  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor): void {
    for (const name of gradients.keys()) {
      if (!this.groupOf.has(name)) throw new Error(`There is a gradient for ${name}, which the optimizer was not given.`)
    }
    tf.tidy(() => {
      for (const [group, { optimizer, rate }] of this.groups) {
        const own = new Map([...gradients].filter(([name]) => this.groupOf.get(name) === group))
        if (rate > 0) optimizer.apply(own, rate === 1 ? learningRate : tf.mul(learningRate, rate), step)
      }
    })
  }

  state(): Map<string, tf.Variable> {
    const state = new Map<string, tf.Variable>()
    for (const [group, { optimizer }] of this.groups) {
      for (const [name, variable] of optimizer.state()) state.set(`${group}.${name}`, variable)
    }
    return state
  }

  dispose(): void {
    for (const { optimizer } of this.groups.values()) optimizer.dispose()
  }
}
