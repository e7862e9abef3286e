import { tf } from '@parlance/runtime'
import type { Forward } from '../forward.js'
import type { Embedding } from './embedding.js'

/**
 * Dropout with one mask for all positions between the examples and the channels. Over time, (N, T, C), this is
 * variational or locked dropout (Gal and Ghahramani 2016; Merity, Keskar and Socher 2018); over an image, (N, height,
 * width, C), spatial dropout (Tompson et al. 2015).
 */
export function variationalDropout(x: tf.Tensor, rate: number, context: Forward): tf.Tensor {
  if (x.rank < 3) throw new Error(`Variational dropout needs axes (N, …, C), three or more, got shape [${x.shape.join(', ')}].`)
  return broadcastDropout(x, x.shape.map((length, axis) => (axis === 0 || axis === x.rank - 1 ? length : 1)), rate, context)
}

/**
 * Drops the whole of `x`, what a residual branch adds, for some examples (N, …): stochastic depth (Huang et al. 2016),
 * scaled by 1 / (1 − rate) so that inference needs no scaling. `x + stochasticDepth(layer(x) − x, …)` drops whole layers
 * (LayerDrop: Fan, Grave and Joulin 2020).
 */
export function stochasticDepth(x: tf.Tensor, rate: number, context: Forward): tf.Tensor {
  return broadcastDropout(x, x.shape.map((length, axis) => (axis === 0 ? length : 1)), rate, context)
}

/**
 * Embedding dropout: looks up `ids` in `table`, some of whose rows are zero wherever they occur in the batch, the others
 * scaled by 1 / (1 − rate) (Gal and Ghahramani 2016; Merity, Keskar and Socher 2018, section 4.3).
 *
 * @param ids int32, any shape
 * @returns (…, width)
 */
export function embeddingDropout(table: Embedding, ids: tf.Tensor, rate: number, context: Forward): tf.Tensor {
  const rows = table.forward(ids)
  if (!context.training || rate === 0) return rows
  const mask = context.weightDropout(tf.ones([table.entries]), rate)
  return tf.mul(rows, tf.expandDims(tf.gather(mask, ids), -1))
}

/** Multiplies `x` by a mask of `shape`, whose axes of one are shared. */
function broadcastDropout(x: tf.Tensor, shape: number[], rate: number, context: Forward): tf.Tensor {
  if (!context.training || rate === 0) return x
  return tf.mul(x, context.dropout(tf.ones(shape), rate))
}
