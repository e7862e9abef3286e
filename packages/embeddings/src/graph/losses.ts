/** Losses of knowledge graphs: against all entities, or against drawn ones. */
import { tf } from '@parlance/runtime'

/** Right answers among the scores of a batch of queries (Q, V). What pads a batch has weight 0. */
export interface Answers {
  /** int32 (P): the query of each answer; */
  readonly rows: tf.Tensor1D
  /** int32 (P): the answer. Padding repeats the first place. */
  readonly answers: tf.Tensor1D
  /** float32 (P): 1, or 0 for padding */
  readonly placed: tf.Tensor1D
  /** float32 (Q): how many answers each query has */
  readonly weights: tf.Tensor1D
}

/**
 * −Σ log softmax(scores of the query)[answer] over all answers: 1-vs-all of Lacroix et al. 2018, equation 2, and equal to
 * that whether the answers of a query stand in one row or in several. In nats.
 */
export function softmaxOfAll(scores: tf.Tensor, of: Answers): tf.Tensor {
  return placedLoss(scores, of, {
    rowLosses: (x) => {
      const probabilities = tf.softmax(x)
      // log Σ eˣ = max x − log max p, and the greatest probability is never small.
      return { losses: tf.sub(tf.max(x, 1), tf.log(tf.max(probabilities, 1))), slopes: probabilities }
    },
    weights: of.weights,
  })
}

/**
 * Σ log(1 + eˢ) over the scores of all that is not an answer, and Σ log(1 + e⁻ˢ) over the answers: k-vs-all of Dettmers et
 * al. 2018, equation 2, not divided by the number of entities. All answers of a query must stand in its row.
 */
export function logisticOfAll(scores: tf.Tensor, of: Answers): tf.Tensor {
  return placedLoss(scores, of, {
    rowLosses: (x) => ({ losses: tf.sum(tf.softplus(x), 1), slopes: tf.sigmoid(x) }),
    weights: tf.minimum(of.weights, 1),
  })
}

interface RowLosses {
  /** Of scores (Q, V): a loss (Q) that takes none of them for an answer, and its gradient (Q, V). */
  rowLosses: (scores: tf.Tensor) => { losses: tf.Tensor; slopes: tf.Tensor }
  /** (Q) */
  weights: tf.Tensor
}

/**
 * Σ weight · loss of the row − Σ scores of answers. The gradient is one product and a scatter into P places, where
 * composing it would pass over (Q, V) several times.
 */
function placedLoss(scores: tf.Tensor, { rows, answers, placed }: Answers, { rowLosses, weights }: RowLosses): tf.Tensor {
  const apply = tf.customGrad((...parts) => {
    const [x, rows, answers, placed, weights, save] = parts as unknown as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const { losses, slopes } = rowLosses(x)
    const places = tf.stack([rows, answers], 1)
    save([slopes, places, weights, placed])
    return {
      value: tf.sub(tf.sum(tf.mul(losses, weights)), tf.sum(tf.mul(tf.gatherND(x, places), placed))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [slopes, places, weights, placed] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const dense = tf.mul(slopes, tf.expandDims(tf.mul(weights, dy), 1))
        // Padding writes what the place that it repeats has written.
        const toScores = tf.tensorScatterUpdate(dense, places, tf.sub(tf.gatherND(dense, places), dy))
        return [toScores, tf.zerosLike(tf.cast(placed, 'int32')), tf.zerosLike(tf.cast(placed, 'int32')), tf.zerosLike(placed), tf.zerosLike(weights)]
      },
    }
  })
  return apply(scores, rows, answers, placed, weights)
}

export interface NegativeLossOptions {
  readonly loss: 'softmax' | 'logistic' | 'margin'
  /** γ: added to the scores by `logistic` (Sun et al. 2019, equation 5), and to win by in `margin`. */
  readonly margin: number
  /** α of self-adversarial weights, softmax(α · score) (Sun et al. 2019, equation 4); 0: equal ones. */
  readonly adversarial: number
}

/**
 * The loss of each query (Q) from the score of its answer (Q, 1) and those of drawn entities (Q, K), of which those that
 * are the answer itself have mask 0. Weights of negatives add up to 1 in `logistic` and `margin`.
 */
export function negativeLoss(positive: tf.Tensor, negatives: tf.Tensor, mask: tf.Tensor, options: NegativeLossOptions): tf.Tensor {
  const { loss, margin, adversarial } = options
  const hidden = tf.mul(tf.sub(1, mask), -1e9)
  if (loss === 'softmax') {
    return tf.sub(tf.logSumExp(tf.concat([positive, tf.add(negatives, hidden)], 1), 1), tf.squeeze(positive, [1]))
  }
  const weights = constant(tf.softmax(tf.add(tf.mul(negatives, adversarial), hidden)))
  if (loss === 'margin') return tf.sum(tf.mul(weights, tf.relu(tf.add(tf.sub(negatives, positive), margin))), 1)
  const ofPositive = tf.squeeze(tf.softplus(tf.neg(tf.add(positive, margin))), [1])
  return tf.add(ofPositive, tf.sum(tf.mul(weights, tf.softplus(tf.add(negatives, margin))), 1))
}

/** `x`, through which no gradient goes. */
function constant(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((x) => ({ value: (x as tf.Tensor).clone(), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(x)
}
