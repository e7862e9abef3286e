import { cpSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddingError } from '../errors.js'
import { Dictionary } from '../graph/triples.js'
import { EdgeWriter } from './edge-files.js'
import { GraphMemory } from './graph-memory.js'
import { addLines, edgeLines } from './import-edges.js'
import type { LargeGraphModel } from './model.js'
import { writeFolder } from './model-folder.js'
import { writeNames } from './names.js'
import { type GraphShape, tablesOf } from './shape.js'
import { type LargeGraphEpoch, type TrainLargeGraphOptions, trainMemory } from './train.js'

export interface GrowOptions extends Pick<TrainLargeGraphOptions, 'threads' | 'onEpoch' | 'onProgress' | 'signal'> {
  /** A trained model with names; it stays as it is. */
  readonly model: LargeGraphModel
  /** Edges with new entities, and known ones beside them: lines as `importEdges` takes them. */
  readonly files: readonly string[]
  /** Where the grown model goes; made if it is not there. */
  readonly folder: string
  /** Default: those that the model was trained for. */
  readonly epochs?: number
  /** Default: the one the model was trained with. */
  readonly learningRate?: number
}

export interface GrownGraph {
  readonly epochs: readonly LargeGraphEpoch[]
  /** New entities, all types together. */
  readonly added: number
}

/**
 * Adds entities to a trained model: vectors of the new ones are learnt from their edges, while those of all others and the
 * operators of the relations stay as they are. New entities become a table of their own.
 *
 * @throws EmbeddingError for edges without a new entity, a relation that the model does not know, and new entities of a
 *   type with features: their vectors are `LargeGraphModel.vectorOfFeatures`
 */
export async function growLargeGraph(options: GrowOptions): Promise<GrownGraph> {
  const { model, files, folder } = options
  const relations = Dictionary.of(model.shape.relations.map(({ name }) => name))
  const dictionaries = model.shape.entities.map(({ name }) => Dictionary.of(model.names('entities', name).names))
  const before = dictionaries.map(({ size }) => size)
  for (const file of files) {
    for await (const { fields: [left, name, right], where } of edgeLines(file)) {
      const relation = relations.id(name)
      if (relation === undefined) throw new EmbeddingError(`${where}: the model does not know the relation ${JSON.stringify(name)}.`)
      const sides = model.shape.relations[relation]!
      dictionaries[sides.left]!.add(left)
      dictionaries[sides.right]!.add(right)
    }
  }
  const added = dictionaries.map(({ size }, type) => size - before[type]!)
  const total = added.reduce((a, b) => a + b, 0)
  if (total === 0) throw new EmbeddingError(`${files.join(', ')}: the model knows all entities already.`)
  const shape: GraphShape = {
    ...model.shape,
    entities: model.shape.entities.map((type, i) => {
      const more = added[i]!
      if (more > 0 && type.features > 0) throw new EmbeddingError(`New entities of the type ${type.name} have the vectors of their features; no edges are needed.`)
      return more > 0 ? { ...type, added: [...type.added, more] } : type
    }),
  }
  const training = { ...model.training, epochs: options.epochs ?? model.training.epochs, learningRate: options.learningRate ?? model.training.learningRate }
  mkdirSync(folder, { recursive: true })
  // The edges that it was trained on may lie in a folder there.
  cpSync(model.folder, folder, { recursive: true, filter: (path) => path === model.folder || !statSync(path).isDirectory() })
  for (const [type, entityType] of shape.entities.entries()) writeNames(folder, entityType, 'entities', dictionaries[type]!.names)
  /** Whether an entity is one of the new. */
  const isNew = (type: number, entity: number) => entity >= before[type]!
  const writer = new EdgeWriter(join(folder, 'new-edges'), shape)
  const add = (relation: number, left: number, right: number) => {
    const sides = shape.relations[relation]!
    // Edges between known entities have nothing to teach.
    if (isNew(sides.left, left) || isNew(sides.right, right)) writer.add(relation, left, right)
  }
  for (const file of files) await addLines({ add }, file, shape, { relations, dictionaries })
  const edges = writer.close()
  const newTable = shape.entities.map((type, i) => (added[i]! > 0 ? tablesOf(type) - 1 : -1))
  const memory = await GraphMemory.open({ folder, shape, training, frozen: (type, table) => table !== newTable[type] })
  const finish = () => writeFolder(folder, { shape, training: model.training, finishedEpochs: model.training.epochs })
  const epochs = await trainMemory(memory, { ...options, edges, training, firstEpoch: 1, finish })
  finish()
  rmSync(edges.folder, { recursive: true })
  return { epochs, added: total }
}
