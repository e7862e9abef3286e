import type { tf } from '@parlance/runtime'
import { dotProduct } from './comparisons.js'
import { complexModulus, complexParts, complexProduct } from './complex-numbers.js'
import { GraphModel, type GraphModelOptions, type Side } from './model.js'

/** Re Σ hᵢ rᵢ t̄ᵢ over complex components (Trouillon et al. 2016, equation 9). `dimensions` is twice the rank. */
export class ComplEx extends GraphModel {
  protected readonly comparison = dotProduct

  constructor(options: GraphModelOptions) {
    super(options, options.dimensions)
  }

  /** For tails h ⊙ r, for heads t ⊙ r̄, each to be multiplied by the conjugate of what is asked for. */
  query(entities: tf.Tensor, relations: tf.Tensor, side: Side): tf.Tensor {
    return complexProduct(complexParts(entities), complexParts(relations), { conjugate: side === 'heads' })
  }

  moduli(entities: tf.Tensor): tf.Tensor {
    return complexModulus(entities)
  }
}
