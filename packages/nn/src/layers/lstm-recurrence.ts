import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'

interface Recurrence {
  /** W x_t + b of all steps: (T·N, 4·H), time-major, gates in the order input, forget, cell, output */
  gates: tf.Tensor
  /** U: (4·H, R) */
  weight: tf.Tensor
  /** h_0: (N, R) */
  hidden: tf.Tensor
  /** c_0: (N, H) */
  cell: tf.Tensor
  /** P: (R, H); without it h_t is not projected and R = H. */
  projection?: tf.Tensor | undefined
  steps: number
  /** Whether the cell states of all steps are wanted or that of the last. */
  everyCell: boolean
}

/**
 * The time loop of one LSTM layer, with its gradient by hand: backpropagation through time needs seven operations a
 * step and one product for the gradient of U, where deriving each operation takes about forty and a product a step.
 *
 * @returns all hidden states (T·N, R), and all cell states (T·N, H) or the last one (N, H)
 */
export function recurrence(given: Recurrence): { outputs: tf.Tensor; cells: tf.Tensor } {
  const { gates, weight, hidden, cell, projection, steps, everyCell } = given
  const inputs = [gates, weight, hidden, cell, ...(projection ? [projection] : [])]
  const joined = customGradient(
    (save, ...inputs) => {
      const [gates, weight, hidden, cell, projection] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?]
      const tape: StepTape[] = []
      const outputs: tf.Tensor[] = []
      const cells: tf.Tensor[] = []
      let h = hidden
      let c = cell
      for (const fromInput of tf.split(gates, steps, 0)) {
        const z = tf.add(tf.matMul(h, weight, false, true), fromInput)
        const [zi, zf, zg, zo] = tf.split(z, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zg), tf.sigmoid(zo)] as const
        const before = { h, c }
        c = tf.add(tf.mul(f, c), tf.mul(i, g))
        const tanh = tf.tanh(c)
        h = tf.mul(o, tanh)
        if (projection) h = tf.matMul(h, projection, false, true)
        tape.push([i, f, g, o, tanh, before.h, before.c])
        outputs.push(h)
        cells.push(c)
      }
      save([weight, ...(projection ? [projection] : []), ...tape.flat()])
      const hiddens = tf.concat(outputs, 0)
      const lasting = everyCell ? tf.concat(cells, 0) : c
      return {
        // Flat, since a projected hidden state is not as wide as a cell state.
        value: tf.concat([tf.reshape(hiddens, [-1]), tf.reshape(lasting, [-1])], 0),
        gradient: (dy, [weight, ...saved]) => {
          const [dOutputs, dCells] = cut(dy, hiddens.shape, lasting.shape)
          const matrix = projection && saved.shift()
          return backward({ dOutputs, dCells, weight: weight as tf.Tensor, projection: matrix, saved, steps })
        },
      }
    },
    ...inputs,
  )
  const [examples, width] = cell.shape as [number, number]
  const shapes = [
    [steps * examples, hidden.shape[1] as number],
    [everyCell ? steps * examples : examples, width],
  ] as const
  const [outputs, cells] = cut(joined, ...shapes)
  return { outputs, cells }
}

/** Two matrices of the given shapes from the numbers of both in a row. */
function cut(joined: tf.Tensor, first: readonly number[], second: readonly number[]): [tf.Tensor, tf.Tensor] {
  const size = ([rows, columns]: readonly number[]): number => (rows as number) * (columns as number)
  const [a, b] = tf.split(joined, [size(first), size(second)], 0) as [tf.Tensor, tf.Tensor]
  return [tf.reshape(a, [...first]), tf.reshape(b, [...second])]
}

/** i, f, g, o, tanh(c_t), h_{t−1}, c_{t−1} of one step. */
type StepTape = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]

/** σ′ and tanh′ from the functions' own values. */
function slopes(y: tf.Tensor, of: 'sigmoid' | 'tanh'): tf.Tensor {
  return of === 'sigmoid' ? tf.mul(y, tf.sub(1, y)) : tf.sub(1, tf.square(y))
}

interface Backward {
  /** (T·N, R) */
  dOutputs: tf.Tensor
  /** (T·N, H) or (N, H) */
  dCells: tf.Tensor
  weight: tf.Tensor
  projection: tf.Tensor | undefined
  /** The tapes of all steps in a row. */
  saved: tf.Tensor[]
  steps: number
}

/**
 * With dh and dc the gradients of o ⊙ tanh(c_t) and c_t: dz = [dc, dc, dc, dh] ⊙ [g·i′, c_{t−1}·f′, i·g′, tanh(c_t)·o′]. The
 * second factor does not depend on later steps, so that it is computed for all steps at once.
 */
function backward({ dOutputs, dCells, weight, projection, saved, steps }: Backward): tf.Tensor[] {
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
  const factor = tf.split(factors, steps, 0)
  const cellFromHidden = tf.split(tf.mul(o, slopes(tanh, 'tanh')), steps, 0)
  const given = tf.split(dOutputs, steps, 0)
  const givenCells = dCells.shape[0] === i.shape[0] ? tf.split(dCells, steps, 0) : undefined
  const outputGradients: tf.Tensor[] = new Array(steps)
  const gateGradients: tf.Tensor[] = new Array(steps)
  let dc = givenCells ? (givenCells[steps - 1] as tf.Tensor) : dCells
  let dh: tf.Tensor | undefined
  for (let t = steps - 1; t >= 0; t--) {
    const out = given[t] as tf.Tensor
    const dOutput = dh ? tf.add(out, dh) : out
    const dHidden = projection ? tf.matMul(dOutput, projection) : dOutput
    const dCell = tf.add(dc, tf.mul(dHidden, cellFromHidden[t] as tf.Tensor))
    const dz = tf.mul(tf.concat([dCell, dCell, dCell, dHidden], 1), factor[t] as tf.Tensor)
    outputGradients[t] = dOutput
    gateGradients[t] = dz
    dh = tf.matMul(dz, weight)
    dc = tf.mul(dCell, saved[t * width + 1] as tf.Tensor)
    if (givenCells && t > 0) dc = tf.add(dc, givenCells[t - 1] as tf.Tensor)
  }
  const dGates = tf.concat(gateGradients, 0)
  const results = [dGates, tf.matMul(dGates, hBefore, true, false), dh as tf.Tensor, dc]
  if (!projection) return results
  return [...results, tf.matMul(tf.concat(outputGradients, 0), tf.mul(o, tanh), true, false)]
}
