import { EmbeddingError } from '../errors.js'
import { Dictionary } from '../graph/triples.js'
import { linesOf, readTexts } from '../text/read-texts.js'
import { type EdgeFiles, EdgeWriter } from './edge-files.js'
import { writeBags } from './model-folder.js'
import { writeNames } from './names.js'
import { graphShape, type GraphShape } from './shape.js'

/** Of a graph with several types of entities: partitions and a file of features of each; the types of each relation. */
export interface GraphTypes {
  readonly entities: Readonly<Record<string, { readonly partitions?: number; readonly features?: string }>>
  /** Left and right type of each relation by name. */
  readonly relations: Readonly<Record<string, readonly [left: string, right: string]>>
}

export interface ImportOptions {
  /** Where the edges go. */
  readonly folder: string
  /** Into which the entities are divided, where there are no `types`. Default 1. */
  readonly partitions?: number
  /** Default: one type, `entity`, for all. */
  readonly types?: GraphTypes
}

const ENTITY = 'entity'

/**
 * Makes edges for training of text: a line is left entity, relation and right entity, separated by tabs; of gzip too. The
 * files are read twice, first for the names.
 *
 * @throws EmbeddingError that names file and line
 */
export async function importEdges(files: readonly string[], { folder, partitions = 1, types }: ImportOptions): Promise<EdgeFiles> {
  const relations = new Dictionary()
  const typeNames = types ? Object.keys(types.entities) : [ENTITY]
  const dictionaries = typeNames.map(() => new Dictionary())
  const sidesOf = (relation: string, where: string): [left: number, right: number] => {
    if (!types) return [0, 0]
    const sides = types.relations[relation]
    if (!sides) throw new EmbeddingError(`${where}: the relation ${JSON.stringify(relation)} has no types.`)
    return sides.map((name) => {
      const type = typeNames.indexOf(name)
      if (type < 0) throw new EmbeddingError(`The relation ${JSON.stringify(relation)} is of the entity type ${JSON.stringify(name)}, which is not there.`)
      return type
    }) as [number, number]
  }
  for (const file of files) {
    for await (const { fields: [left, relation, right], where } of edgeLines(file)) {
      const [leftType, rightType] = sidesOf(relation, where)
      relations.add(relation)
      dictionaries[leftType]!.add(left)
      dictionaries[rightType]!.add(right)
    }
  }
  const features = await Promise.all(typeNames.map(async (name, type) => {
    const file = types?.entities[name]?.features
    return file === undefined ? undefined : readFeatures(file, dictionaries[type]!)
  }))
  const shape = graphShape({
    entities: typeNames.map((name, type) => ({
      name,
      count: dictionaries[type]!.size,
      partitions: types ? (types.entities[name]!.partitions ?? 1) : partitions,
      features: features[type]?.names.size ?? 0,
    })),
    relations: relations.names.map((name) => {
      const [left, right] = sidesOf(name, folder)
      return { name, left, right }
    }),
  })
  const writer = new EdgeWriter(folder, shape)
  for (const file of files) await addLines(writer, file, shape, { relations, dictionaries })
  for (const [type, entityType] of shape.entities.entries()) {
    writeNames(folder, entityType, 'entities', dictionaries[type]!.names)
    const own = features[type]
    if (!own) continue
    writeNames(folder, entityType, 'features', own.names.names)
    writeBags(folder, entityType, own)
  }
  return writer.close()
}

export interface EdgeNames {
  readonly relations: Dictionary
  /** By entity type. */
  readonly dictionaries: readonly Dictionary[]
}

/** What becomes of an edge with a name that is not known: an error, or it is passed over. */
export type Unknown = 'error' | 'skip'

/** Adds the edges of a file by their names. @throws EmbeddingError that names file and line of a name that is not known */
export async function addLines(
  writer: Pick<EdgeWriter, 'add'>,
  file: string,
  shape: GraphShape,
  { relations, dictionaries }: EdgeNames,
  unknown: Unknown = 'error',
): Promise<void> {
  const idOf = (dictionary: Dictionary, kind: string, name: string, where: string): number => {
    const id = dictionary.id(name)
    if (id === undefined && unknown === 'error') throw new EmbeddingError(`${where}: the model does not know the ${kind} ${JSON.stringify(name)}.`)
    return id ?? -1
  }
  for await (const { fields: [left, name, right], where } of edgeLines(file)) {
    const relation = idOf(relations, 'relation', name, where)
    const sides = shape.relations[relation]
    if (!sides) continue
    const [from, to] = [idOf(dictionaries[sides.left]!, 'entity', left, where), idOf(dictionaries[sides.right]!, 'entity', right, where)]
    if (from >= 0 && to >= 0) writer.add(relation, from, to)
  }
}

export async function* edgeLines(file: string): AsyncGenerator<{ fields: [left: string, relation: string, right: string]; where: string }> {
  let at = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    at++
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (text === '') continue
    const [left, relation, right, ...rest] = text.split('\t')
    if (!left || !relation || !right || rest.length > 0) {
      throw new EmbeddingError(`${file}, line ${at}: expected left entity, relation and right entity with a tab between each, got ${JSON.stringify(text.slice(0, 60))}.`)
    }
    yield { fields: [left, relation, right], where: `${file}, line ${at}` }
  }
}

/** Features: a line is an entity, a tab, and features with spaces between. What has no edges is passed over. */
async function readFeatures(file: string, entities: Dictionary): Promise<{ names: Dictionary; offsets: Int32Array; features: Int32Array }> {
  const names = new Dictionary()
  const own: number[][] = entities.names.map(() => [])
  let at = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    at++
    const [entity, listed, ...rest] = line.trimEnd().split('\t')
    if (!entity) continue
    if (listed === undefined || rest.length > 0) throw new EmbeddingError(`${file}, line ${at}: expected an entity, a tab and its features with spaces between.`)
    const id = entities.id(entity)
    if (id !== undefined) own[id] = [...new Set(listed.split(' ').filter((feature) => feature !== ''))].map((feature) => names.add(feature))
  }
  const without = own.findIndex((each) => each.length === 0)
  if (without >= 0) throw new EmbeddingError(`${file}: says no features of the entity ${JSON.stringify(entities.names[without])}: each needs one at least.`)
  const offsets = new Int32Array(own.length + 1)
  for (const [i, each] of own.entries()) offsets[i + 1] = offsets[i]! + each.length
  return { names, offsets, features: Int32Array.from(own.flat()) }
}
