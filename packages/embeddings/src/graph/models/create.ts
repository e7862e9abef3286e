import type { GraphTrainingConfig } from '../config.js'
import { ComplEx } from './complex.js'
import { DistMult } from './distmult.js'
import type { GraphModel } from './model.js'
import { Rescal } from './rescal.js'
import { RotatE } from './rotate.js'
import { TransE } from './transe.js'

const models = { complex: ComplEx, distmult: DistMult, transe: TransE, rotate: RotatE, rescal: Rescal }

/** A new model of a config, for a graph of these sizes. `useDevice` comes first. */
export function createGraphModel(
  { model, dim, norm, squared, reciprocal, deviation, seed }: GraphTrainingConfig,
  { entities, relations }: { readonly entities: number; readonly relations: number },
): GraphModel {
  return new models[model]({ entities, relations, dimensions: dim, norm, squared, reciprocal, deviation, seed })
}
