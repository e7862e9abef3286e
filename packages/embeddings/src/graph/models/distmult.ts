import { tf } from '@parlance/runtime'
import { dotProduct } from './comparisons.js'
import { GraphModel, type GraphModelOptions } from './model.js'

/** Σ hᵢ rᵢ tᵢ (Yang et al. 2015). Without reciprocal relations it cannot tell head from tail. */
export class DistMult extends GraphModel {
  protected readonly comparison = dotProduct

  constructor(options: GraphModelOptions) {
    super(options, options.dimensions)
  }

  query(entities: tf.Tensor, relations: tf.Tensor): tf.Tensor {
    return tf.mul(entities, relations)
  }

  moduli(entities: tf.Tensor): tf.Tensor {
    return tf.abs(entities)
  }
}
