import { z } from 'zod'
import { parseTrainingConfig, trainingConfigSchema } from './config.js'

/** A setting of a training run that a flag can give. */
export interface ConfigField {
  /** Where it is in the config: `['encoder', 'width']`. */
  path: readonly string[]
  type: 'number' | 'boolean' | 'string' | 'numbers'
  description: string
  /** Undefined where the setting is optional. */
  default: unknown
}

/** Every setting of a training run; their last names are all different. */
export function trainingConfigFields(): ConfigField[] {
  return [...fieldsOf(trainingConfigSchema, parseTrainingConfig({}, 'defaults'), [])]
}

function* fieldsOf(schema: unknown, value: unknown, path: readonly string[]): Generator<ConfigField> {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject) {
    const values = value as Record<string, unknown>
    for (const [name, field] of Object.entries(inner.shape)) yield* fieldsOf(field, values[name], [...path, name])
  } else if (isRecord(value)) {
    // The feature config checks itself: its fields are those of its defaults.
    for (const [name, item] of Object.entries(value)) {
      yield { path: [...path, name], type: typeOf(item), description: `feature extraction: ${name}`, default: item }
    }
  } else {
    const { description = '' } = schema as z.ZodType
    yield { path, type: inner instanceof z.ZodArray ? 'numbers' : value === undefined ? 'number' : typeOf(value), description, default: value }
  }
}

/** The schema below what makes a field optional or defaulted. */
function unwrap(schema: unknown): unknown {
  let inner = schema
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) inner = inner.unwrap()
  return inner
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeOf(value: unknown): ConfigField['type'] {
  if (Array.isArray(value)) return 'numbers'
  return typeof value as 'number' | 'boolean' | 'string'
}
