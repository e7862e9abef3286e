import { initializers } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import { type Comparison, complexModuli, type Distance, euclidean } from './comparisons.js'
import { complexModulus, complexParts, complexProduct } from './complex-numbers.js'
import { GraphModel, type GraphModelOptions, type Side } from './model.js'

/**
 * −‖h ⊙ r − t‖ with |rᵢ| = 1, so that relations turn (Sun et al. 2019). Norm 1 adds up the moduli, as in the paper; norm 2
 * is Euclidean, which a product of matrices computes, or its square. `dimensions` is twice the rank; a relation's numbers are angles in
 * units of π, at first uniform over the circle.
 */
export class RotatE extends GraphModel {
  protected readonly comparison: Comparison

  constructor(options: GraphModelOptions & Distance) {
    super(options, options.dimensions / 2, initializers.uniform(1))
    this.comparison = options.norm === 1 ? complexModuli : euclidean(options)
  }

  /** For heads t turns back, which leaves the distance as it is. */
  query(entities: tf.Tensor, relations: tf.Tensor, side: Side): tf.Tensor {
    const angles = tf.mul(relations, Math.PI)
    const turn = { real: tf.cos(angles), imaginary: tf.sin(angles) }
    return complexProduct(complexParts(entities), turn, { conjugate: side === 'heads' })
  }

  moduli(entities: tf.Tensor): tf.Tensor {
    return complexModulus(entities)
  }

  /** Angles have no size. */
  override relationModuli(): undefined {
    return undefined
  }
}
