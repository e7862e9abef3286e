import { z } from 'zod'
import { UsageError } from './errors.js'

/** The least number of insertions, deletions and substitutions between two texts (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The candidate most like `word`, if one is like it enough to be what was meant. Case does not count. */
export function closestMatch(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

type Path = readonly PropertyKey[]

/** The schema below what makes a field optional, nullable or defaulted. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault
  ) {
    inner = inner.unwrap()
  }
  return inner
}

/** The fields that `schema` knows at `path`; none where it is not made of objects and lists. */
function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  let current: z.core.$ZodType | undefined = unwrap(schema)
  for (const key of path) {
    if (current instanceof z.ZodObject) current = current.shape[String(key)]
    else if (current instanceof z.ZodArray) current = current.element
    else return []
    if (!current) return []
    current = unwrap(current)
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : []
}

/** Fields of `json` that no object schema along the way knows, whether or not that object is strict. */
function* unknownFields(schema: z.core.$ZodType, json: unknown, path: Path = []): Generator<Path> {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodArray && Array.isArray(json)) {
    for (const [i, item] of json.entries()) yield* unknownFields(inner.element, item, [...path, i])
  }
  if (!(inner instanceof z.ZodObject) || typeof json !== 'object' || json === null || Array.isArray(json)) return
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(inner.shape, name) ? inner.shape[name] : undefined
    if (field) yield* unknownFields(field, value, [...path, name])
    else yield [...path, name]
  }
}

function dotted(path: Path): string {
  return path.map(String).join('.')
}

function valueAt(json: unknown, path: Path): unknown {
  let value = json
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function unknownFieldMessage(schema: z.core.$ZodType, path: Path): string {
  const valid = fieldsAt(schema, path.slice(0, -1))
  const meant = closestMatch(String(path.at(-1)), valid)
  const suggestion = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return `there is no field "${dotted(path)}".${suggestion} The fields are: ${valid.join(', ')}.`
}

/**
 * Checks `json` against `schema` and fills in its defaults. Fields that the schema does not know are errors, on every
 * level.
 *
 * @param source what the values came from, to begin the message with: a file name or "the command line"
 * @throws UsageError, one line, that names the first unknown or else every wrong field, what was expected and what was
 *   got; for an unknown field the valid ones and the closest of them.
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, json: unknown, source: string): z.output<Schema> {
  const unknown = unknownFields(schema, json).next()
  if (!unknown.done) throw new UsageError(`${source}: ${unknownFieldMessage(schema, unknown.value)}`)
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => {
    const value = valueAt(json, path)
    const got = value === undefined ? 'it is missing' : `got ${shown(value)}`
    const where = path.length === 0 ? '' : `field "${dotted(path)}": `
    return `${where}${message.replace(/, received .*$/, '').replace(/^Invalid input: /, '')}, ${got}`
  })
  throw new UsageError(`${source}: ${problems.join('; ')}.`)
}
