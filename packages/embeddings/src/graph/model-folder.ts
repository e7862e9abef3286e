import { join } from 'node:path'
import { loadParameters, parseConfig, readJson, readTextFile } from '@parlance/nn'
import { readSafetensors, toFloat32 } from '@parlance/runtime'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import { type GraphTrainingConfig, graphTrainingSchema } from './config.js'
import { createGraphModel } from './models/create.js'
import type { GraphModel } from './models/model.js'
import { Dictionary, type GraphNames } from './triples.js'

const TYPE = 'graph'
const [ENTITIES, RELATIONS] = ['entities.txt', 'relations.txt']

const folderSchema = z.object({
  type: z.literal(TYPE),
  entities: z.int().min(1),
  relations: z.int().min(1),
  training: graphTrainingSchema,
})

/** What `config.json` of a graph model says. */
export function folderConfig({ entities, relations }: GraphNames, training: GraphTrainingConfig): z.output<typeof folderSchema> {
  return { type: TYPE, entities: entities.size, relations: relations.size, training }
}

/** The names, a line each, in the order of the rows. */
export function nameFiles({ entities, relations }: GraphNames): Record<string, string> {
  const text = ({ names }: Dictionary) => names.map((name) => `${name}\n`).join('')
  return { [ENTITIES]: text(entities), [RELATIONS]: text(relations) }
}

export interface LoadedGraphModel extends GraphNames {
  readonly model: GraphModel
  readonly training: GraphTrainingConfig
}

/** Reads a folder that `trainGraph` wrote. `useDevice` comes first. @throws for a folder that is not whole or not a graph's */
export function loadGraphModel(folder: string): LoadedGraphModel {
  const file = join(folder, 'config.json')
  const config = parseConfig(folderSchema, readJson(file), file)
  const dictionary = (name: string, wanted: number): Dictionary => {
    const found = Dictionary.of(readTextFile(join(folder, name)).split('\n').slice(0, -1))
    if (found.size !== wanted) throw new EmbeddingError(`${join(folder, name)}: has ${found.size} names, but the model ${wanted}.`)
    return found
  }
  const names = { entities: dictionary(ENTITIES, config.entities), relations: dictionary(RELATIONS, config.relations) }
  const model = createGraphModel(config.training, config)
  const { tensors } = readSafetensors(join(folder, 'model.safetensors'))
  loadParameters(model, new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }])))
  return { ...names, model, training: config.training }
}
