import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { before, timeLoop } from './time-loop.js'

export interface DifferentiableLoop {
  steps: number
  /** The state before the first step: (N, …) each. */
  initial: readonly tf.Tensor[]
  /** What is read step by step: time-major, (T·N, …) each. */
  sequences: readonly tf.Tensor[]
  /** What every step multiplies with: matrices (out, in), or (N, out, in), one for each example. */
  factors: readonly tf.Tensor[]
  /** What every step reads in other ways; its gradient is added up step by step. */
  shared?: readonly tf.Tensor[]
  /** The same, without a gradient: masks. */
  constants?: readonly tf.Tensor[]
}

export interface LoopStep {
  state: tf.Tensor[]
  rows: tf.Tensor[]
  /** Factor i times x (N, in): (N, out). Each factor is used once in a step. */
  times: (i: number, x: tf.Tensor) => tf.Tensor
  shared: readonly tf.Tensor[]
  constants: readonly tf.Tensor[]
}

/**
 * A time loop with a gradient that nobody writes by hand: the backward loop computes each step again from the state before
 * it and differentiates that. Gradients by the factors are one product over all steps, after the loop.
 *
 * @param step from the state before to the next; differentiable, and every state and sequence must have a part in it
 * @returns the first state of all steps, time-major (T·N, …)
 */
export function differentiableLoop(
  { steps, initial, sequences, factors, shared = [], constants = [] }: DifferentiableLoop,
  step: (given: LoopStep) => tf.Tensor[],
): tf.Tensor {
  const counts = [initial.length, sequences.length, factors.length, shared.length]
  const differentiated = tf.engine().isTapeOn()
  return customGradient(
    (save, ...inputs) => {
      const [initial, sequences, factors, shared] = cut(inputs, counts) as Lists
      const { outputs } = timeLoop({ steps, initial, sequences }, (state, rows) => {
        const next = step({ state, rows, times: (i, x) => factorProduct(factors[i] as tf.Tensor, x), shared, constants })
        return { state: next, outputs: differentiated ? next : next.slice(0, 1) }
      })
      save([...inputs, ...constants, ...outputs])
      return {
        value: outputs[0] as tf.Tensor,
        gradient: (dy, saved) => backward(dy, cut(saved, [...counts, constants.length, outputs.length]), steps, step),
      }
    },
    ...initial,
    ...sequences,
    ...factors,
    ...shared,
  )
}

type Lists = [tf.Tensor[], tf.Tensor[], tf.Tensor[], tf.Tensor[]]

/** Lists of these lengths, one after the other. */
function cut(tensors: readonly tf.Tensor[], counts: readonly number[]): tf.Tensor[][] {
  let start = 0
  return counts.map((count) => tensors.slice(start, (start += count)))
}

/** A factor (out, in) or (N, out, in) times x (N, in): (N, out). What `times` gives in a loop. */
export function factorProduct(factor: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (factor.rank === 2) return tf.matMul(x, factor, false, true)
  return tf.squeeze(tf.matMul(factor, tf.expandDims(x, 2)), [2])
}

/** What `times` was called with in a step, and the gradient of what it gave. */
interface Tap {
  x: tf.Tensor
  dy: tf.Tensor
}

/** @param lists initial states, sequences, factors, shared, constants, and the states after every step */
function backward(
  dy: tf.Tensor,
  lists: tf.Tensor[][],
  steps: number,
  step: (given: LoopStep) => tf.Tensor[],
): tf.Tensor[] {
  const [initial, sequences, factors, shared, constants, states] = lists as [...Lists, tf.Tensor[], tf.Tensor[]]
  const counts = [initial.length, sequences.length, shared.length]
  const previous = initial.map((first, i) => before(first, states[i] as tf.Tensor))
  const { state, outputs } = timeLoop(
    {
      steps,
      initial: [...initial, ...shared].map((x) => tf.zerosLike(x)),
      sequences: [dy, ...previous, ...sequences],
      reverse: true,
    },
    (carried, [given, ...rest]) => {
      const [later, sums] = cut(carried, [initial.length, shared.length]) as [tf.Tensor[], tf.Tensor[]]
      const [state, rows] = cut(rest, [initial.length, sequences.length]) as [tf.Tensor[], tf.Tensor[]]
      const toNext = later.map((gradient, i) => (i === 0 ? tf.add(gradient, given as tf.Tensor) : gradient))
      const { gradients, taps } = differentiate(step, { state, rows, shared, constants }, factors, toNext)
      const [toState, toRows, toShared] = cut(gradients, counts) as [tf.Tensor[], tf.Tensor[], tf.Tensor[]]
      return {
        state: [...toState, ...toShared.map((gradient, i) => tf.add(sums[i] as tf.Tensor, gradient))],
        outputs: [...toRows, ...taps.flatMap(({ x, dy }) => [x, dy])],
      }
    },
  )
  const [toInitial, toShared] = cut(state, [initial.length, shared.length]) as [tf.Tensor[], tf.Tensor[]]
  const toFactors = factors.map((factor, i) => {
    const [x, dy] = outputs.slice(sequences.length + 2 * i) as [tf.Tensor, tf.Tensor]
    if (factor.rank === 2) return tf.matMul(dy, x, true, false)
    const ofExamples = (rows: tf.Tensor) => tf.transpose(tf.reshape(rows, [steps, -1, rows.shape[1] as number]), [1, 0, 2])
    return tf.matMul(ofExamples(dy), ofExamples(x), true, false)
  })
  return [...toInitial, ...outputs.slice(0, sequences.length), ...toFactors, ...toShared]
}

/** The gradients of one step by its state, rows and shared tensors, from those by the next state. */
function differentiate(
  step: (given: LoopStep) => tf.Tensor[],
  { state, rows, shared, constants }: Omit<LoopStep, 'times'>,
  factors: readonly tf.Tensor[],
  toNext: readonly tf.Tensor[],
): { gradients: tf.Tensor[]; taps: Tap[] } {
  const taps: Tap[] = []
  /** A product whose operand and gradient are kept for the factor's gradient. */
  const times = (i: number, x: tf.Tensor): tf.Tensor =>
    customGradient((save, x) => {
      save([x])
      return {
        value: factorProduct(factors[i] as tf.Tensor, x),
        gradient: (dy, [x]) => {
          taps[i] = { x: tf.keep(tf.clone(x as tf.Tensor)), dy: tf.keep(tf.clone(dy)) }
          const factor = factors[i] as tf.Tensor
          return [factor.rank === 2 ? tf.matMul(dy, factor) : tf.squeeze(tf.matMul(tf.expandDims(dy, 1), factor), [1])]
        },
      }
    }, x)
  const weighted = (...inputs: tf.Tensor[]): tf.Tensor => {
    const [state, rows, shared] = cut(inputs, counts) as [tf.Tensor[], tf.Tensor[], tf.Tensor[]]
    const next = step({ state, rows, times, shared, constants })
    return tf.addN(next.map((after, i) => tf.sum(tf.mul(after, toNext[i] as tf.Tensor))))
  }
  const counts = [state.length, rows.length, shared.length]
  const gradients = withinGradient(() => tf.grads(weighted)([...state, ...rows, ...shared]))
  // Out of the gradient's scope, back into that of the loop.
  const released = taps.map((tap) => {
    const here = { x: tf.clone(tap.x), dy: tf.clone(tap.dy) }
    tf.dispose([tap.x, tap.dy])
    return here
  })
  return { gradients, taps: released }
}

/** Differentiates while a gradient is being computed, for which TF.js would forget the operations of the one around it. */
function withinGradient<Result>(compute: () => Result): Result {
  const { state } = tf.engine()
  const { activeTape } = state
  try {
    return compute()
  } finally {
    state.activeTape = activeTape
  }
}
