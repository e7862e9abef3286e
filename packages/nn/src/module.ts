import { tf } from '@parlance/runtime'

/**
 * Base of every layer and model. Parameters are the `tf.Variable`s that are reached through own properties: variables,
 * other modules, and arrays of these. Everything else on the object is configuration.
 */
export abstract class Module {
  /** Frees every parameter; the module cannot be used afterwards. */
  dispose(): void {
    for (const variable of namedParameters(this).values()) variable.dispose()
  }
}

/** Values for one parameter, as a checkpoint holds them: row-major, `data.length` the product of `shape`. */
export interface ParameterValues {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A trainable float32 variable of `shape` that starts at `values` (copied). Throws if the sizes disagree. */
export function parameter(values: Float32Array, shape: readonly number[]): tf.Variable {
  const size = shape.reduce((product, length) => product * length, 1)
  if (size !== values.length) {
    throw new Error(`A parameter of shape [${shape.join(', ')}] needs ${size} values, got ${values.length}.`)
  }
  return tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')))
}

function* walk(value: unknown, path: string): Generator<[string, tf.Variable]> {
  if (value instanceof tf.Variable) {
    yield [path, value]
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* walk(item, `${path}.${index}`)
  } else if (value instanceof Module) {
    for (const [name, property] of Object.entries(value)) yield* walk(property, path === '' ? name : `${path}.${name}`)
  }
}

/**
 * The parameters of `module` by dotted name (`blocks.0.attention.query.weight`), in the order in which the
 * constructors assigned them. A parameter that is reached twice (tied) appears once, under its first name.
 */
export function namedParameters(module: Module): Map<string, tf.Variable> {
  const parameters = new Map<string, tf.Variable>()
  const seen = new Set<tf.Variable>()
  for (const [name, variable] of walk(module, '')) {
    if (seen.has(variable)) continue
    seen.add(variable)
    parameters.set(name, variable)
  }
  return parameters
}

function* walkModules(value: unknown, path: string): Generator<[string, Module]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* walkModules(item, `${path}.${index}`)
  } else if (value instanceof Module) {
    yield [path, value]
    for (const [name, property] of Object.entries(value)) {
      yield* walkModules(property, path === '' ? name : `${path}.${name}`)
    }
  }
}

/** `module` (named '') and the modules within it by dotted name; one that is reached twice under its first name. */
export function namedModules(module: Module): Map<string, Module> {
  const modules = new Map<Module, string>()
  for (const [name, found] of walkModules(module, '')) if (!modules.has(found)) modules.set(found, name)
  return new Map([...modules].map(([found, name]) => [name, found]))
}

/** How many numbers the parameters of `module` hold, tied ones counted once. */
export function parameterCount(module: Module): number {
  let count = 0
  for (const variable of namedParameters(module).values()) count += variable.size
  return count
}

/**
 * Sets every parameter of `module` from `values`, by name. Nothing is changed unless all names and shapes agree.
 * Throws one error that lists what is missing, what is not known and whose shape differs.
 */
export function loadParameters(module: Module, values: ReadonlyMap<string, ParameterValues>): void {
  const parameters = namedParameters(module)
  const problems: string[] = []
  for (const [name, variable] of parameters) {
    const given = values.get(name)
    if (!given) {
      problems.push(`${name} is missing (wanted shape [${variable.shape.join(', ')}])`)
    } else if (given.shape.join() !== variable.shape.join()) {
      problems.push(`${name} has shape [${given.shape.join(', ')}], wanted [${variable.shape.join(', ')}]`)
    } else if (given.data.length !== variable.size) {
      problems.push(`${name} has ${given.data.length} values, wanted ${variable.size}`)
    }
  }
  for (const name of values.keys()) {
    if (!parameters.has(name)) problems.push(`${name} is not a parameter of this model`)
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 5).join('; ')
    const rest = problems.length > 5 ? `; and ${problems.length - 5} more` : ''
    throw new Error(`The parameters do not fit the model: ${shown}${rest}. Build the model with the config they were saved with.`)
  }
  tf.tidy(() => {
    for (const [name, variable] of parameters) {
      const { data } = values.get(name) as ParameterValues
      variable.assign(tf.tensor(data, variable.shape, 'float32'))
    }
  })
}
