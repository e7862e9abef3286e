import { z } from 'zod'
import { type TrainingConfig, trainingSchema } from './config.js'

/** A field of the training config, as a command line shows it. */
export interface TrainingField {
  readonly name: keyof TrainingConfig
  readonly type: 'number' | 'boolean' | 'string'
  /** The values of a field that has a few. */
  readonly choices?: readonly string[]
  readonly default?: string | number
  readonly description: string
}

/** The fields of the training config in their order. */
export function trainingFields(): TrainingField[] {
  const { properties = {} } = z.toJSONSchema(trainingSchema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => {
    const { type, enum: choices, default: value, description = '' } = property as z.core.JSONSchema.JSONSchema
    return {
      name: name as keyof TrainingConfig,
      type: type === 'boolean' || type === 'string' ? type : 'number',
      ...(choices && { choices: choices as string[] }),
      ...(value !== undefined && { default: value as string | number }),
      description,
    }
  })
}
