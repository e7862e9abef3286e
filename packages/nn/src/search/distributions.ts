import type { Random } from '@parlance/runtime'

/** A value of a hyper-parameter. */
export type ParameterValue = number | string | boolean

/** What a hyper-parameter is drawn from. */
export interface Distribution<Value extends ParameterValue = ParameterValue> {
  /** What it is, as JSON: a search is refused to go on with another one. */
  readonly description: DistributionDescription
  draw(random: Random): Value
}

export type DistributionDescription =
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly logUniform: readonly [low: number, high: number] }
  | { readonly integer: readonly [low: number, high: number] }
  | { readonly choice: readonly ParameterValue[] }

/** A number uniform in [low, high). Throws RangeError unless both are finite and low < high. */
export function uniform(low: number, high: number): Distribution<number> {
  expectRange('uniform', low, high)
  return { description: { uniform: [low, high] }, draw: (random) => low + (high - low) * random.next() }
}

/**
 * A number in [low, high) whose logarithm is uniform, for what matters by its order of magnitude, as learning rates do.
 * Throws RangeError unless 0 < low < high.
 */
export function logUniform(low: number, high: number): Distribution<number> {
  expectRange('log-uniform', low, high)
  if (low <= 0) throw new RangeError(`A log-uniform range must begin above 0, got ${low}: use uniform for a range with 0.`)
  const draw = (random: Random): number => Math.min(Math.max(low * (high / low) ** random.next(), low), high)
  return { description: { logUniform: [low, high] }, draw }
}

/** A whole number uniform in low … high, both included. Throws RangeError unless both are whole and low < high. */
export function integer(low: number, high: number): Distribution<number> {
  expectRange('integer', low, high)
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new RangeError(`An integer range must have whole ends, got ${low} to ${high}.`)
  }
  return { description: { integer: [low, high] }, draw: (random) => low + random.integer(high - low + 1) }
}

/** One of the values, each as often. Throws RangeError for no values, one twice, or a number that is not finite. */
export function choice<const Value extends ParameterValue>(values: readonly Value[]): Distribution<Value> {
  if (values.length === 0) throw new RangeError('A choice needs one value or more, got none.')
  const twice = values.find((value, i) => values.indexOf(value) !== i)
  if (twice !== undefined) throw new RangeError(`The values of a choice must differ, got ${JSON.stringify(twice)} twice.`)
  const infinite = values.find((value) => typeof value === 'number' && !Number.isFinite(value))
  if (infinite !== undefined) throw new RangeError(`The numbers of a choice must be finite, got ${infinite}: name it by a text.`)
  return { description: { choice: [...values] }, draw: (random) => values[random.integer(values.length)] as Value }
}

function expectRange(kind: string, low: number, high: number): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new RangeError(`A range (${kind}) must rise between finite ends, got ${low} to ${high}.`)
  }
}
