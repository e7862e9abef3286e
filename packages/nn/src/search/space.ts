import { Random } from '@parlance/runtime'
import type { Distribution, DistributionDescription, ParameterValue } from './distributions.js'

/** Hyper-parameters of one trial, by name. */
export type Parameters = Readonly<Record<string, ParameterValue>>

type Distributions = Readonly<Record<string, Distribution>>

/** What is drawn from distributions; those of a condition that are missing in one of its branches may be undefined. */
type Drawn<D> = { readonly [Name in keyof D]: D[Name] extends Distribution<infer Value> ? Value : undefined }

type Condition = (earlier: never) => Partial<Distributions>

/** A hyper-parameter of a trial with what it was drawn from. */
export interface DrawnParameter {
  value: ParameterValue
  description: DistributionDescription
}

/** Which hyper-parameters there are and how each is drawn; `searchSpace` makes one. */
export class SearchSpace<P extends object> {
  constructor(
    private readonly always: Distributions,
    private readonly conditions: readonly Condition[],
  ) {}

  /**
   * Adds hyper-parameters that depend on those before, for example a momentum for one optimizer only:
   * `space.and(({ optimizer }) => (optimizer === 'sgd' ? { momentum: uniform(0, 0.99) } : {}))`.
   */
  and<More extends Partial<Distributions>>(condition: (earlier: P) => More): SearchSpace<P & Drawn<More>> {
    return new SearchSpace<P & Drawn<More>>(this.always, [...this.conditions, condition as Condition])
  }

  /**
   * The hyper-parameters of a trial. Each has random numbers of its own, keyed by seed, trial and name, so that it
   * depends neither on other trials nor on the other hyper-parameters.
   *
   * @throws Error when a condition gives a name that is there already
   */
  draw(seed: number, trial: number): ReadonlyMap<string, DrawnParameter> {
    const drawn = new Map<string, DrawnParameter>()
    const add = (distributions: Partial<Distributions>): void => {
      for (const [name, distribution] of Object.entries(distributions)) {
        if (!distribution) continue
        if (drawn.has(name)) throw new Error(`The search space has ${name} twice: give one of them another name.`)
        const value = distribution.draw(new Random(seed, 'search', trial, name))
        drawn.set(name, { value, description: distribution.description })
      }
    }
    add(this.always)
    for (const condition of this.conditions) add(condition(valuesOf(drawn) as never))
    return drawn
  }

  /** The space as JSON; of the conditions, which are functions, only how many there are. */
  describe(): { space: Record<string, DistributionDescription>; conditions: number } {
    const always = Object.entries(this.always).map(([name, { description }]) => [name, description] as const)
    return { space: Object.fromEntries(always), conditions: this.conditions.length }
  }
}

/** The type of the hyper-parameters of a space: `ParametersOf<typeof space>`. */
export type ParametersOf<Space> = Space extends SearchSpace<infer P> ? P : never

/** The values alone. */
export function valuesOf(drawn: ReadonlyMap<string, DrawnParameter>): Parameters {
  return Object.fromEntries([...drawn].map(([name, { value }]) => [name, value]))
}

/**
 * The space of a hyper-parameter search: `searchSpace({ learningRate: logUniform(1e-4, 1), width: integer(8, 64) })`.
 * Throws Error for no hyper-parameters.
 */
export function searchSpace<D extends Distributions>(distributions: D): SearchSpace<Drawn<D>> {
  if (Object.keys(distributions).length === 0) throw new Error('A search space needs one hyper-parameter or more, got none.')
  return new SearchSpace<Drawn<D>>(distributions, [])
}
