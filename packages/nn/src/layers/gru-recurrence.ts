import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'

/** r, z, n, U h_{t−1} + b of n, and h_{t−1} of one step, all (N, H). */
type StepTape = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]

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
  return customGradient(
    (save, gates, weight, bias, hidden) => {
      const [resetUpdate, candidate] = tf.split(gates, parts, 1) as [tf.Tensor, tf.Tensor]
      const fromInput = tf.split(candidate, steps, 0)
      const tape: StepTape[] = []
      const outputs: tf.Tensor[] = []
      let h = hidden
      for (const [t, x] of tf.split(resetUpdate, steps, 0).entries()) {
        const recurrent = tf.add(tf.matMul(h, weight, false, true), bias)
        const [u, un] = tf.split(recurrent, parts, 1) as [tf.Tensor, tf.Tensor]
        const [r, z] = tf.split(tf.sigmoid(tf.add(x, u)), 2, 1) as [tf.Tensor, tf.Tensor]
        const n = tf.tanh(tf.add(fromInput[t] as tf.Tensor, tf.mul(r, un)))
        tape.push([r, z, n, un, h])
        h = tf.add(n, tf.mul(z, tf.sub(h, n)))
        outputs.push(h)
      }
      save([weight, ...tape.flat()])
      return {
        value: tf.concat(outputs, 0),
        gradient: (dy, [weight, ...saved]) => backward(dy, weight as tf.Tensor, saved, steps),
      }
    },
    gates,
    weight,
    bias,
    hidden,
  )
}

/** σ′ from σ. */
function slope(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y))
}

/**
 * With dh the gradient of h_t, that of U h_{t−1} + b is dh ⊙ [f·un·r′, (h_{t−1} − n)·z′, f·r] with f = (1 − z)·tanh′. The
 * second factor does not depend on later steps, so that it is computed for all steps at once.
 */
function backward(dy: tf.Tensor, weight: tf.Tensor, saved: tf.Tensor[], steps: number): tf.Tensor[] {
  const tapeWidth = 5
  const all = (k: number): tf.Tensor => tf.concat(saved.filter((_, index) => index % tapeWidth === k), 0)
  const [r, z, n, un, hBefore] = Array.from({ length: tapeWidth }, (_, k) => all(k)) as StepTape
  const [rows, width] = n.shape as [number, number]
  const candidate = tf.mul(tf.sub(1, z), tf.sub(1, tf.square(n)))
  const factors = tf.stack(
    [tf.mul(tf.mul(candidate, un), slope(r)), tf.mul(tf.sub(hBefore, n), slope(z)), tf.mul(candidate, r)],
    1,
  )
  const factor = tf.split(factors, steps, 0)
  const given = tf.split(dy, steps, 0)
  const hidden: tf.Tensor[] = new Array(steps)
  const recurrent: tf.Tensor[] = new Array(steps)
  let before: tf.Tensor | undefined
  for (let t = steps - 1; t >= 0; t--) {
    const out = given[t] as tf.Tensor
    const dh = before ? tf.add(out, before) : out
    const du = tf.reshape(tf.mul(tf.expandDims(dh, 1), factor[t] as tf.Tensor), [-1, 3 * width])
    hidden[t] = dh
    recurrent[t] = du
    before = tf.add(tf.matMul(du, weight), tf.mul(dh, saved[t * tapeWidth + 1] as tf.Tensor))
  }
  const dRecurrent = tf.concat(recurrent, 0)
  const dCandidate = tf.mul(tf.concat(hidden, 0), candidate)
  const dGates = tf.concat([tf.slice(dRecurrent, [0, 0], [rows, 2 * width]), dCandidate], 1)
  return [dGates, tf.matMul(dRecurrent, hBefore, true, false), tf.sum(dRecurrent, 0), before as tf.Tensor]
}
