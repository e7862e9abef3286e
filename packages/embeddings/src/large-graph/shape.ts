import { z } from 'zod'
import { EmbeddingError } from '../errors.js'

const count = z.int().min(1)

/** A kind of entities, with tables of its own. */
const entityTypeSchema = z.object({
  name: z.string().regex(/^[\w-]+$/, 'must be letters, digits, _ and -'),
  /** Entities, without those added later. */
  count,
  /** Tables that they are divided between: entity e is row ⌊e / partitions⌋ of table e mod partitions. */
  partitions: count.default(1),
  /** Entities that were added to the trained model, a further table each time. */
  added: z.array(count).default([]),
  /** Features, where an entity's vector is the mean of those of its features; 0: it is its own. */
  features: z.int().min(0).default(0),
})

/** What a large graph consists of: entities of some types, and relations from one type to another. */
export const graphShapeSchema = z.object({
  entities: z.array(entityTypeSchema).min(1),
  /** `left` and `right`: positions in `entities`. */
  relations: z.array(z.object({ name: z.string().min(1), left: z.int().min(0), right: z.int().min(0) })).min(1),
})

export type EntityType = z.output<typeof entityTypeSchema>
export type GraphShape = z.output<typeof graphShapeSchema>

/**
 * A shape, with defaults filled in.
 *
 * @throws EmbeddingError for types with more partitions than entities, or with features and partitions; for relations of
 *   types that are not there
 */
export function graphShape(shape: z.input<typeof graphShapeSchema>): GraphShape {
  const checked = graphShapeSchema.parse(shape)
  for (const { name, partitions, features, count: size } of checked.entities) {
    if (partitions > size) throw new EmbeddingError(`The entity type ${name} has ${size} entities and cannot have ${partitions} partitions.`)
    if (features > 0 && partitions > 1) throw new EmbeddingError(`The entity type ${name} has features, which its entities share: give it one partition, not ${partitions}.`)
  }
  const types = checked.entities.length
  for (const { name, left, right } of checked.relations) {
    if (Math.max(left, right) >= types) throw new EmbeddingError(`The relation ${name} is from entity type ${left} to ${right}, but there are ${types}, from 0.`)
  }
  return checked
}

/** Tables that a type has. */
export function tablesOf({ partitions, added }: EntityType): number {
  return partitions + added.length
}

/** Entities of a type, those added later with the highest ids. */
export function entitiesOf({ count: size, added }: EntityType): number {
  return added.reduce((sum, more) => sum + more, size)
}

/** Entities of a table. */
export function entitiesIn({ count: size, partitions, added }: EntityType, table: number): number {
  return table < partitions ? Math.ceil((size - table) / partitions) : added[table - partitions]!
}

/** The table and row of an entity. */
export function placeOf({ count: size, partitions, added }: EntityType, entity: number): { table: number; row: number } {
  if (entity < size) return { table: entity % partitions, row: Math.floor(entity / partitions) }
  let [table, row] = [partitions, entity - size]
  for (const more of added) {
    if (row < more) break
    row -= more
    table++
  }
  return { table, row }
}

/** The entity at a table's row. */
export function entityAt({ count: size, partitions, added }: EntityType, table: number, row: number): number {
  if (table < partitions) return row * partitions + table
  return added.slice(0, table - partitions).reduce((sum, more) => sum + more, size + row)
}
