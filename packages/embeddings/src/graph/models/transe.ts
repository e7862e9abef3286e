import { tf } from '@parlance/runtime'
import { type Comparison, type Distance, euclidean, manhattan } from './comparisons.js'
import { GraphModel, type GraphModelOptions, type Side } from './model.js'

/** −‖h + r − t‖, in the L1 or L2 norm, or the square of the latter (Bordes et al. 2013, section 2). */
export class TransE extends GraphModel {
  protected readonly comparison: Comparison

  constructor(options: GraphModelOptions & Distance) {
    super(options, options.dimensions)
    this.comparison = options.norm === 1 ? manhattan : euclidean(options)
  }

  query(entities: tf.Tensor, relations: tf.Tensor, side: Side): tf.Tensor {
    return side === 'tails' ? tf.add(entities, relations) : tf.sub(entities, relations)
  }

  moduli(entities: tf.Tensor): tf.Tensor {
    return tf.abs(entities)
  }
}
