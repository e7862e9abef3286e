import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { before, timeLoop } from './time-loop.js'

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
  // Outside of a gradient's computation nobody will ask what the steps were like inside.
  const differentiated = tf.engine().isTapeOn()
  const joined = customGradient(
    (save, ...inputs) => {
      const [gates, weight, hidden, cell, projection] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?]
      const { state, outputs } = timeLoop({ steps, initial: [hidden, cell], sequences: [gates] }, ([h, c], [fromInput]) => {
        const z = tf.add(tf.matMul(h as tf.Tensor, weight, false, true), fromInput as tf.Tensor)
        const [zi, zf, zg, zo] = tf.split(z, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zg), tf.sigmoid(zo)] as const
        const next = tf.add(tf.mul(f, c as tf.Tensor), tf.mul(i, g))
        const tanh = tf.tanh(next)
        const shown = tf.mul(o, tanh)
        const output = projection ? tf.matMul(shown, projection, false, true) : shown
        return { state: [output, next], outputs: [output, next, ...(differentiated ? [i, f, g, o, tanh] : [])] }
      })
      const [hiddens, cells, ...tape] = outputs as [tf.Tensor, tf.Tensor, ...tf.Tensor[]]
      save([weight, hidden, cell, hiddens, cells, ...tape, ...(projection ? [projection] : [])])
      const lasting = everyCell ? cells : (state[1] as tf.Tensor)
      return {
        // Flat, since a projected hidden state is not as wide as a cell state.
        value: tf.concat([tf.reshape(hiddens, [-1]), tf.reshape(lasting, [-1])], 0),
        gradient: (dy, saved) => backward(cut(dy, hiddens.shape, lasting.shape), saved as Saved, steps),
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

/** U, h_0, c_0, and of all steps (T·N, …): h, c, i, f, g, o, tanh(c); and P, if there is one. */
type Saved = [
  tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?,
]

/** σ′ and tanh′ from the functions' own values. */
function slopes(y: tf.Tensor, of: 'sigmoid' | 'tanh'): tf.Tensor {
  return of === 'sigmoid' ? tf.mul(y, tf.sub(1, y)) : tf.sub(1, tf.square(y))
}

/**
 * With dh and dc the gradients of o ⊙ tanh(c_t) and c_t: dz = [dc, dc, dc, dh] ⊙ [g·i′, c_{t−1}·f′, i·g′, tanh(c_t)·o′]. The
 * second factor does not depend on later steps, so that it is computed for all steps at once.
 *
 * @param dOutputs (T·N, R)
 * @param dCells (T·N, H) or, of the last step, (N, H)
 */
function backward([dOutputs, dCells]: [tf.Tensor, tf.Tensor], saved: Saved, steps: number): tf.Tensor[] {
  const [weight, hidden, cell, hiddens, cells, i, f, g, o, tanh, projection] = saved
  const factor = tf.concat(
    [
      tf.mul(g, slopes(i, 'sigmoid')),
      tf.mul(before(cell, cells), slopes(f, 'sigmoid')),
      tf.mul(i, slopes(g, 'tanh')),
      tf.mul(tanh, slopes(o, 'sigmoid')),
    ],
    1,
  )
  const cellFromHidden = tf.mul(o, slopes(tanh, 'tanh'))
  const ofEveryCell = dCells.shape[0] === cells.shape[0] && steps > 1
  const sequences = [dOutputs, factor, cellFromHidden, f, ...(ofEveryCell ? [dCells] : [])]
  const initial = [tf.zerosLike(hidden), ofEveryCell ? tf.zerosLike(cell) : dCells]
  const { state, outputs } = timeLoop({ steps, initial, sequences, reverse: true }, ([dh, dc], rows) => {
    const [given, factor, cellFromHidden, forget, givenCell] = rows as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?]
    const dOutput = tf.add(given, dh as tf.Tensor)
    const dHidden = projection ? tf.matMul(dOutput, projection) : dOutput
    const later = givenCell ? tf.add(dc as tf.Tensor, givenCell) : (dc as tf.Tensor)
    const dCell = tf.add(later, tf.mul(dHidden, cellFromHidden))
    const dz = tf.mul(tf.concat([dCell, dCell, dCell, dHidden], 1), factor)
    return { state: [tf.matMul(dz, weight), tf.mul(dCell, forget)], outputs: projection ? [dz, dOutput] : [dz] }
  })
  const [dGates, dProjected] = outputs as [tf.Tensor, tf.Tensor?]
  const results = [dGates, tf.matMul(dGates, before(hidden, hiddens), true, false), ...state]
  return dProjected ? [...results, tf.matMul(dProjected, tf.mul(o, tanh), true, false)] : results
}
