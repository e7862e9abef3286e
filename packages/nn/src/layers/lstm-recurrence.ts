import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'

/**
 * The time loop of one LSTM layer, with its gradient by hand: backpropagation through time needs seven operations a
 * step and one product for the gradient of U, where deriving each operation takes about forty and a product a step.
 *
 * @param gates W x_t + b of all steps: (T·N, 4·hidden), time-major, gates in the order input, forget, cell, output
 * @param weight U: (4·hidden, hidden)
 * @param hidden h_0: (N, hidden)
 * @param cell c_0: (N, hidden)
 * @returns all hidden states (T·N, hidden), and the last hidden and cell state (N, hidden)
 */
export function recurrence(
  gates: tf.Tensor,
  weight: tf.Tensor,
  hidden: tf.Tensor,
  cell: tf.Tensor,
  length: number,
): { outputs: tf.Tensor; hidden: tf.Tensor; cell: tf.Tensor } {
  const examples = hidden.shape[0] as number
  const joined = customGradient(
    (save, gates, weight, hidden, cell) => {
      const tape: StepTape[] = []
      const outputs: tf.Tensor[] = []
      let h = hidden
      let c = cell
      for (const fromInput of tf.split(gates, length, 0)) {
        const z = tf.add(tf.matMul(h, weight, false, true), fromInput)
        const [zi, zf, zg, zo] = tf.split(z, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zg), tf.sigmoid(zo)] as const
        const before = { h, c }
        c = tf.add(tf.mul(f, c), tf.mul(i, g))
        const tanh = tf.tanh(c)
        h = tf.mul(o, tanh)
        tape.push([i, f, g, o, tanh, before.h, before.c])
        outputs.push(h)
      }
      save([weight, ...tape.flat()])
      return {
        value: tf.concat([...outputs, c], 0),
        gradient: (dy, [weight, ...saved]) => backward(dy, weight as tf.Tensor, saved, length),
      }
    },
    gates,
    weight,
    hidden,
    cell,
  )
  const [outputs, last] = tf.split(joined, [length * examples, examples], 0) as [tf.Tensor, tf.Tensor]
  const final = length === 1 ? outputs : tf.slice(outputs, [(length - 1) * examples, 0], [examples, -1])
  return { outputs, hidden: final, cell: last }
}

/** i, f, g, o, tanh(c_t), h_{t−1}, c_{t−1} of one step. */
type StepTape = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]

/** σ′ and tanh′ from the functions' own values. */
function slopes(y: tf.Tensor, of: 'sigmoid' | 'tanh'): tf.Tensor {
  return of === 'sigmoid' ? tf.mul(y, tf.sub(1, y)) : tf.sub(1, tf.square(y))
}

/**
 * With dh and dc the gradients of h_t and c_t: dz = [dc, dc, dc, dh] ⊙ [g·i′, c_{t−1}·f′, i·g′, tanh(c_t)·o′]. The second
 * factor does not depend on later steps, so that it is computed for all steps at once.
 */
function backward(dy: tf.Tensor, weight: tf.Tensor, saved: tf.Tensor[], length: number): tf.Tensor[] {
  const width = 7
  const all = (k: number): tf.Tensor => tf.concat(saved.filter((_, index) => index % width === k), 0)
  const [i, f, g, o, tanh, hBefore, cBefore] = Array.from({ length: width }, (_, k) => all(k)) as StepTape
  const factors = tf.concat(
    [
      tf.mul(g, slopes(i, 'sigmoid')),
      tf.mul(cBefore, slopes(f, 'sigmoid')),
      tf.mul(i, slopes(g, 'tanh')),
      tf.mul(tanh, slopes(o, 'sigmoid')),
    ],
    1,
  )
  const factor = tf.split(factors, length, 0)
  const cellFromHidden = tf.split(tf.mul(o, slopes(tanh, 'tanh')), length, 0)
  const given = tf.split(dy, length + 1, 0)
  const gateGradients: tf.Tensor[] = new Array(length)
  let dc = given[length] as tf.Tensor
  let dh: tf.Tensor | undefined
  for (let t = length - 1; t >= 0; t--) {
    const out = given[t] as tf.Tensor
    const dHidden = dh ? tf.add(out, dh) : out
    const dCell = tf.add(dc, tf.mul(dHidden, cellFromHidden[t] as tf.Tensor))
    const dz = tf.mul(tf.concat([dCell, dCell, dCell, dHidden], 1), factor[t] as tf.Tensor)
    gateGradients[t] = dz
    dh = tf.matMul(dz, weight)
    dc = tf.mul(dCell, saved[t * width + 1] as tf.Tensor)
  }
  const dGates = tf.concat(gateGradients, 0)
  return [dGates, tf.matMul(dGates, hBefore, true, false), dh as tf.Tensor, dc]
}
