import { type Command, Option } from 'commander'
import { z } from 'zod'

/** Adds a flag for each setting of a schema. Defaults are shown, not set: what was not given is not there. */
export function addSchemaOptions(command: Command, schema: z.ZodObject): void {
  const properties = z.toJSONSchema(schema, { io: 'input' }).properties ?? {}
  for (const [name, property] of Object.entries(properties)) {
    const { enum: choices, default: value, description = '' } = property as z.core.JSONSchema.JSONSchema
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const shown = value === undefined ? description : `${description}${description && ' '}(default: ${String(value)})`
    const option = new Option(`${flag} <${choices ? 'name' : 'n'}>`, shown)
    if (choices) option.choices(choices as string[])
    else option.argParser(Number)
    command.addOption(option)
  }
}

/** The settings of a schema among flags. */
export function settingsOf(schema: z.ZodObject, flags: object): object {
  const given = new Map<string, unknown>(Object.entries(flags))
  return Object.fromEntries(Object.keys(schema.shape).flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : [])))
}
