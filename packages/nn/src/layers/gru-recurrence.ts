import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { before, timeLoop } from './time-loop.js'

/**
 * The time loop of one GRU layer, with its gradient by hand: five operations a step, and one product for the gradient
 * of U.
 *
 * @param gates W x_t + b_ih of all steps: (T·N, 3·H), time-major, gates in the order r, z, n
 * @param weight U: (3·H, H)
 * @param bias b_hh: (3·H)
 * @param hidden h_0: (N, H)
 * @returns all hidden states (T·N, H)
 */
export function gruRecurrence(
  gates: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  hidden: tf.Tensor,
  steps: number,
): tf.Tensor {
  const width = hidden.shape[1] as number
  const parts = [2 * width, width]
  // Outside of a gradient's computation nobody will ask what the steps were like inside.
  const differentiated = tf.engine().isTapeOn()
  return customGradient(
    (save, gates, weight, bias, hidden) => {
      const sequences = tf.split(gates, parts, 1)
      const { outputs } = timeLoop({ steps, initial: [hidden], sequences }, (state, rows) => {
        const [[h], [x, xn]] = [state, rows] as [[tf.Tensor], [tf.Tensor, tf.Tensor]]
        const recurrent = tf.add(tf.matMul(h, weight, false, true), bias)
        const [u, un] = tf.split(recurrent, parts, 1) as [tf.Tensor, tf.Tensor]
        const [r, z] = tf.split(tf.sigmoid(tf.add(x, u)), 2, 1) as [tf.Tensor, tf.Tensor]
        const n = tf.tanh(tf.add(xn, tf.mul(r, un)))
        const next = tf.add(n, tf.mul(z, tf.sub(h, n)))
        return { state: [next], outputs: differentiated ? [next, r, z, n, un] : [next] }
      })
      save([weight, hidden, ...outputs])
      return {
        value: outputs[0] as tf.Tensor,
        gradient: (dy, saved) => backward(dy, saved as Saved, steps),
      }
    },
    gates,
    weight,
    bias,
    hidden,
  )
}

/** U, h_0, and of all steps (T·N, H): h, r, z, n, U h_{t−1} + b of n. */
type Saved = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]

/** σ′ from σ. */
function slope(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y))
}

/**
 * With dh the gradient of h_t, that of U h_{t−1} + b is dh ⊙ [f·un·r′, (h_{t−1} − n)·z′, f·r] with f = (1 − z)·tanh′. The
 * second factor does not depend on later steps, so that it is computed for all steps at once.
 */
function backward(dy: tf.Tensor, saved: Saved, steps: number): tf.Tensor[] {
  const [weight, hidden, hiddens, r, z, n, un] = saved
  const [rows, width] = n.shape as [number, number]
  const earlier = before(hidden, hiddens)
  const candidate = tf.mul(tf.sub(1, z), tf.sub(1, tf.square(n)))
  const factor = tf.concat(
    [tf.mul(tf.mul(candidate, un), slope(r)), tf.mul(tf.sub(earlier, n), slope(z)), tf.mul(candidate, r)],
    1,
  )
  const loop = { steps, initial: [tf.zerosLike(hidden)], sequences: [dy, factor, z], reverse: true }
  const { state, outputs } = timeLoop(loop, ([later], rows) => {
    const [given, factor, z] = rows as [tf.Tensor, tf.Tensor, tf.Tensor]
    const dh = tf.add(given, later as tf.Tensor)
    const du = tf.mul(tf.concat([dh, dh, dh], 1), factor)
    return { state: [tf.add(tf.matMul(du, weight), tf.mul(dh, z))], outputs: [dh, du] }
  })
  const [dHidden, dRecurrent] = outputs as [tf.Tensor, tf.Tensor]
  const dGates = tf.concat([tf.slice(dRecurrent, [0, 0], [rows, 2 * width]), tf.mul(dHidden, candidate)], 1)
  return [dGates, tf.matMul(dRecurrent, earlier, true, false), tf.sum(dRecurrent, 0), state[0] as tf.Tensor]
}
