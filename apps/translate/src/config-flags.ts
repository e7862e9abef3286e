import { trainingConfigSchema } from '@parlance/translation'
import { Option } from 'commander'

const fields = Object.entries(trainingConfigSchema.shape)

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** A number if it is one; the config's check says what is wrong with anything else. */
function number(value: string): number | string {
  const parsed = Number(value)
  return value.trim() === '' || Number.isNaN(parsed) ? value : parsed
}

/** A flag for each field of the training config. Defaults are shown but left to the config's own. */
export function configFlags(): Option[] {
  return fields.map(([name, schema]) => {
    const initial = schema.safeParse(undefined).data
    const shown = initial === undefined ? '' : ` (default: ${initial})`
    const value = typeof initial === 'string' ? 'name' : 'n'
    return new Option(`--${kebab(name)} <${value}>`, `${schema.description}${shown}`).argParser(number)
  })
}

/** The config fields among parsed flags. */
export function configValues(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name]) => [name, flags[name]]).filter(([, value]) => value !== undefined))
}
