import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { readTextFile } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { entitiesOf, type EntityType, type GraphShape } from './shape.js'

/** What is named: entities of a type, or their features. */
export type NameKind = 'entities' | 'features'

const namesFile = ({ name }: EntityType, kind: NameKind) => `${name}-${kind}.txt`

/** Writes names, a line each, by id. */
export function writeNames(folder: string, type: EntityType, kind: NameKind, names: readonly string[]): void {
  const lines = function* () {
    for (let first = 0; first < names.length; first += 65_536) yield Buffer.from(`${names.slice(first, first + 65_536).join('\n')}\n`)
  }
  writeFileAtomic(join(folder, namesFile(type, kind)), lines())
}

/** Names by id; undefined for a graph without. @throws EmbeddingError for another number of them */
export function readNames(folder: string, type: EntityType, kind: NameKind): string[] | undefined {
  const file = join(folder, namesFile(type, kind))
  if (!existsSync(file)) return undefined
  const names = readTextFile(file).split('\n').slice(0, -1)
  const wanted = kind === 'entities' ? entitiesOf(type) : type.features
  if (names.length !== wanted) throw new EmbeddingError(`${file}: has ${names.length} names, but there are ${wanted} ${kind} of type ${type.name}.`)
  return names
}

/** Copies names and features from one folder to another. */
export function copyNames(from: string, to: string, { entities }: GraphShape): void {
  for (const type of entities) {
    for (const file of [namesFile(type, 'entities'), namesFile(type, 'features'), `${type.name}-features.safetensors`]) {
      if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file))
    }
  }
}
