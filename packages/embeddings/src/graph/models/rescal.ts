import { tf } from '@parlance/runtime'
import { dotProduct } from './comparisons.js'
import { GraphModel, type GraphModelOptions, type Side } from './model.js'

/** hᵀ R t with a matrix for each relation, kept in rows (Nickel, Tresp and Kriegel 2011). */
export class Rescal extends GraphModel {
  protected readonly comparison = dotProduct

  constructor(options: GraphModelOptions) {
    super(options, options.dimensions ** 2)
  }

  /** For tails Rᵀ h, for heads R t. */
  query(entities: tf.Tensor, relations: tf.Tensor, side: Side): tf.Tensor {
    const [rows, width] = entities.shape as [number, number]
    const matrices = tf.reshape(relations, [rows, width, width])
    return tf.squeeze(tf.matMul(matrices, tf.expandDims(entities, 2), side === 'tails'), [2])
  }

  moduli(entities: tf.Tensor): tf.Tensor {
    return tf.abs(entities)
  }
}
