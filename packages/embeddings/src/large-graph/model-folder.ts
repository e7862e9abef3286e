import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { readSafetensors, writeFileAtomic, writeSafetensors } from '@parlance/runtime/session'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import { type EntityType, type GraphShape, graphShapeSchema, tablesOf } from './shape.js'
import { readTable, tablePath } from './tables.js'
import { type LargeGraphTraining, largeGraphTrainingSchema, neutralOperator, operatorSize } from './training-config.js'

const OPERATORS = 'operators.safetensors'

const folderSchema = z.object({
  type: z.literal('large-graph'),
  shape: graphShapeSchema,
  training: largeGraphTrainingSchema,
  finishedEpochs: z.int().min(0),
})

/** What `config.json` of a model says. */
export type LargeGraphFolder = Omit<z.output<typeof folderSchema>, 'type'>

/** Reads `config.json`. @throws for a folder that holds no model of a large graph */
export function readFolder(folder: string): LargeGraphFolder {
  const file = join(folder, 'config.json')
  return parseConfig(folderSchema, readJson(file), file)
}

export function writeFolder(folder: string, { shape, training, finishedEpochs }: LargeGraphFolder): void {
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify({ type: 'large-graph', shape, training, finishedEpochs }, null, 2)}\n`)
}

/** Removes what an earlier training of such a graph has left. */
export function clearFolder(folder: string, shape: GraphShape): void {
  for (const type of shape.entities) for (let table = 0; table < tablesOf(type); table++) rmSync(tablePath(folder, type, table), { force: true })
  rmSync(join(folder, OPERATORS), { force: true })
}

/** Parameters of all relations, each padded to a row, and the sums of squares of their Adagrad: (relations, size). */
export interface Operators {
  readonly operators: Float32Array
  readonly adagrad: Float32Array
}

/** Fills in the operators of a folder, or those that change nothing where there are none yet. */
export function readOperators(folder: string, training: LargeGraphTraining, { operators, adagrad }: Operators): void {
  const path = join(folder, OPERATORS)
  if (existsSync(path)) {
    readTable(path, { operators, adagrad })
    return
  }
  const neutral = neutralOperator(training)
  for (let at = 0; at < operators.length; at += neutral.length) operators.set(neutral, at)
}

export function writeOperators(folder: string, training: LargeGraphTraining, { operators, adagrad }: Operators): void {
  const size = operatorSize(training)
  const shape = [operators.length / size, size]
  writeSafetensors(join(folder, OPERATORS), new Map([
    ['operators', { dtype: 'F32', shape, data: operators }],
    ['adagrad', { dtype: 'F32', shape, data: adagrad }],
  ]))
}

/** Which features entities have: those of entity e are `features[offsets[e]] … features[offsets[e + 1] − 1]`. */
export interface Bags {
  readonly offsets: Int32Array
  readonly features: Int32Array
}

const bagsPath = (folder: string, { name }: EntityType) => join(folder, `${name}-features.safetensors`)

export function writeBags(folder: string, type: EntityType, { offsets, features }: Bags): void {
  writeSafetensors(bagsPath(folder, type), new Map([
    ['offsets', { dtype: 'I32', shape: [offsets.length], data: offsets }],
    ['features', { dtype: 'I32', shape: [features.length], data: features }],
  ]))
}

/** @throws EmbeddingError for bags of other entities or features than the type has, and for an entity without features */
export function readBags(folder: string, type: EntityType): Bags {
  const path = bagsPath(folder, type)
  const { tensors } = readSafetensors(path)
  const [offsets, features] = [tensors.get('offsets'), tensors.get('features')]
  if (offsets?.dtype !== 'I32' || features?.dtype !== 'I32' || offsets.data.length !== type.count + 1 || offsets.data[0] !== 0 || offsets.data[type.count] !== features.data.length) {
    throw new EmbeddingError(`${path}: does not hold the features of ${type.count} entities.`)
  }
  const empty = offsets.data.findIndex((offset, i) => i > 0 && offset <= offsets.data[i - 1]!)
  if (empty > 0) throw new EmbeddingError(`${path}: entity ${empty - 1} of type ${type.name} has no features: each needs one at least.`)
  if (features.data.some((feature) => feature < 0 || feature >= type.features)) throw new EmbeddingError(`${path}: holds features that are not 0 to ${type.features - 1}.`)
  return { offsets: offsets.data, features: features.data }
}
