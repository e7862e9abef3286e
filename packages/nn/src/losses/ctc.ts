import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import { timeLoop } from '../layers/time-loop.js'

/** The logarithm of a probability of zero, and the loss where no alignment exists: finite and out of all range. */
const IMPOSSIBLE = 1e9

/**
 * Connectionist temporal classification: −log p(labels | logits) of each example, in nats (Graves et al. 2006). Where
 * the input is too short for the labels (each label takes a step, and a repeated label a blank before it), the loss is
 * 1e9 and the gradient zero: leave such examples out of reported means.
 *
 * The gradient by the logits is softmax − occupancy (equation 16), both from one pass of the forward–backward
 * algorithm in log space, in which the backward recursion runs as the forward one of the reversed example.
 *
 * @param logits (N, T, V), before softmax; T and the labels' padded length L are static
 * @param labels int32 (N, L), padded with anything in 0 … V − 1
 * @param inputLengths int32 (N), each in 1 … T
 * @param labelLengths int32 (N), each in 0 … L
 * @param blank the id that stands for no label. Default 0
 * @returns (N)
 */
export function ctcLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  inputLengths: tf.Tensor,
  labelLengths: tf.Tensor,
  blank = 0,
): tf.Tensor1D {
  const [examples, , size] = dimensions(logits, 3, 'The logits of CTC (N, T, V)')
  const [labelled, most] = dimensions(labels, 2, 'The labels of CTC (N, L)')
  const [inputs] = dimensions(inputLengths, 1, 'The input lengths of CTC (N)')
  const [lengths] = dimensions(labelLengths, 1, 'The label lengths of CTC (N)')
  if (labelled !== examples || inputs !== examples || lengths !== examples) {
    throw new Error(
      `CTC needs as many labels and lengths as examples, got ${examples} examples, ${labelled} label rows, ` +
        `${inputs} input lengths and ${lengths} label lengths.`,
    )
  }
  for (const tensor of [labels, inputLengths, labelLengths]) {
    if (tensor.dtype !== 'int32') throw new Error(`Labels and lengths of CTC must be int32, got ${tensor.dtype}.`)
  }
  if (most === 0) throw new Error('CTC needs labels padded to one column at least, got none.')
  if (!Number.isInteger(blank) || blank < 0 || blank >= size) {
    throw new Error(`The blank of CTC must lie in 0 … ${size - 1}, got ${blank}.`)
  }
  return customGradient((save, logits) => {
    const { losses, gradient } = forwardBackward(logits, labels, inputLengths, labelLengths, blank)
    save([gradient])
    return {
      value: losses,
      gradient: (dy, [gradient]) => [tf.mul(gradient as tf.Tensor, tf.reshape(dy, [-1, 1, 1]))],
    }
  }, logits) as tf.Tensor1D
}

function forwardBackward(
  logits: tf.Tensor,
  labels: tf.Tensor,
  inputLengths: tf.Tensor,
  labelLengths: tf.Tensor,
  blank: number,
): { losses: tf.Tensor; gradient: tf.Tensor } {
  const [examples, steps, size] = logits.shape as [number, number, number]
  const states = 2 * (labels.shape[1] as number) + 1
  const column = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [examples, 1])

  // State 2k + 1 is label k, the even states are blanks: (N, S).
  const blanks = tf.add(tf.zerosLike(labels), integer(blank))
  const pairs = tf.reshape(tf.stack([blanks, labels], 2), [examples, states - 1])
  const extended = tf.concat([pairs, tf.slice(blanks, [0, 0], [examples, 1])], 1)
  const finalBlank = column(tf.mul(labelLengths, integer(2)))

  // (T, N, S): the time and the state at which the reversed example reads; beyond its ends, what is read is not used.
  const time = tf.reshape(iota(steps), [steps, 1, 1])
  const example = tf.reshape(iota(examples), [1, examples, 1])
  const state = tf.expandDims(iota(states), 0)
  const lastTime = tf.reshape(tf.sub(inputLengths, integer(1)), [1, examples, 1])
  const reversedTime = tf.maximum(tf.sub(lastTime, time), integer(0))
  const reversedState = tf.maximum(tf.sub(finalBlank, state), integer(0))
  const stateRow = tf.mul(tf.expandDims(iota(examples), 1), integer(states))
  const reversedSymbols = tf.gather(tf.reshape(extended, [-1]), tf.add(stateRow, reversedState))

  const logProbabilities = tf.logSoftmax(logits)
  const flat = tf.reshape(logProbabilities, [-1])
  const row = tf.mul(example, integer(steps * size))
  const forwardPlaces = tf.add(tf.add(row, tf.mul(time, integer(size))), tf.expandDims(extended, 0))
  const reversedPlaces = tf.add(tf.add(row, tf.mul(reversedTime, integer(size))), tf.expandDims(reversedSymbols, 0))
  const emissions = tf.gather(flat, tf.concat([forwardPlaces, reversedPlaces], 1))

  const { paths, places } = recursion(emissions, tf.concat([extended, reversedSymbols], 0), blank)
  const lattice = tf.reshape(paths, [-1])

  // p is what reaches the last blank or the last label at the last step.
  const lastPlace = tf.add(
    tf.mul(column(tf.sub(inputLengths, integer(1))), integer(2 * examples * states)),
    tf.add(stateRow, finalBlank),
  )
  const atBlank = tf.gather(lattice, lastPlace)
  const hasLabels = column(tf.cast(tf.greater(labelLengths, integer(0)), 'int32'))
  const atLabel = tf.where(
    tf.cast(hasLabels, 'bool'),
    tf.gather(lattice, tf.sub(lastPlace, hasLabels)),
    tf.scalar(-IMPOSSIBLE),
  )
  const feasible = fits(labels, inputLengths, labelLengths)
  const total = tf.where(column(feasible), logAdd(atBlank, atLabel), tf.scalar(0))

  // Occupancy α·β / (emission · p): β of (t, s) is the reversed example's α at (last − t, final − s).
  const backwardPlaces = tf.add(
    tf.add(tf.mul(reversedTime, integer(2 * examples * states)), tf.expandDims(tf.add(stateRow, reversedState), 0)),
    integer(examples * states),
  )
  const alpha = tf.slice(places, [0, 0, 0], [steps, examples, states])
  const emitted = tf.slice(emissions, [0, 0, 0], [steps, examples, states])
  const beta = tf.gather(lattice, backwardPlaces)
  const inTime = tf.lessEqual(time, lastTime)
  const inside = tf.logicalAnd(inTime, tf.expandDims(tf.lessEqual(state, finalBlank), 0))
  const logOccupancy = tf.sub(tf.sub(tf.add(alpha, beta), emitted), tf.expandDims(total, 0))
  const occupancy = tf.exp(tf.where(inside, logOccupancy, tf.scalar(-IMPOSSIBLE)))
  const perSymbol = tf.matMul(tf.transpose(occupancy, [1, 0, 2]), tf.oneHot(extended, size))

  const used = tf.transpose(tf.logicalAnd(inTime, tf.reshape(feasible, [1, examples, 1])), [1, 0, 2])
  return {
    losses: tf.where(feasible, tf.neg(tf.reshape(total, [-1])), tf.scalar(IMPOSSIBLE)),
    gradient: tf.mul(tf.sub(tf.exp(logProbabilities), perSymbol), tf.cast(used, 'float32')),
  }
}

/**
 * α_t(s) = emission_t(s) · (α_{t−1}(s) + α_{t−1}(s − 1) + α_{t−1}(s − 2)), in logarithms, the last term only where s is
 * a label other than the one before it (equations 5 to 7).
 *
 * @param emissions (T, rows, S)
 * @param symbols int32 (rows, S)
 * @returns α as (T, rows, S) and the same flattened to (T·rows, S)
 */
function recursion(emissions: tf.Tensor, symbols: tf.Tensor, blank: number): { paths: tf.Tensor; places: tf.Tensor } {
  const [steps, rows, states] = emissions.shape as [number, number, number]
  const state = tf.expandDims(iota(states), 0)
  const before = (distance: number): tf.Tensor => tf.maximum(tf.sub(state, integer(distance)), integer(0))
  const from = tf.concat([state, before(1), before(2)], 0)
  const differs = tf.notEqual(symbols, tf.gather(symbols, tf.reshape(before(2), [-1]), 1))
  const skips = tf.logicalAnd(tf.logicalAnd(tf.notEqual(symbols, integer(blank)), differs), tf.greater(state, integer(1)))
  const allowed = tf.stack(
    [
      tf.onesLike(symbols),
      tf.mul(tf.onesLike(symbols), tf.cast(tf.greater(state, integer(0)), 'int32')),
      tf.cast(skips, 'int32'),
    ],
    1,
  )
  const penalty = tf.mul(tf.sub(tf.cast(allowed, 'float32'), 1), IMPOSSIBLE)
  // Before the first step all is in the first blank, so that the step comes to that and the first label.
  const start = tf.mul(tf.cast(tf.greater(state, integer(0)), 'float32'), -IMPOSSIBLE)
  const loop = {
    steps,
    initial: [tf.tile(start, [rows, 1])],
    sequences: [tf.reshape(emissions, [steps * rows, states])],
  }
  const { outputs } = timeLoop(loop, ([alpha], [emission]) => {
    const reached = tf.logSumExp(tf.add(tf.gather(alpha as tf.Tensor, from, 1), penalty), 1)
    const next = tf.add(reached, emission as tf.Tensor)
    return { state: [next], outputs: [next] }
  })
  const all = outputs[0] as tf.Tensor
  return { paths: all, places: tf.reshape(all, [steps, rows, states]) }
}

/** Whether each example has an alignment: steps for all labels, and for a blank between equal neighbours. */
function fits(labels: tf.Tensor, inputLengths: tf.Tensor, labelLengths: tf.Tensor): tf.Tensor {
  const [examples, most] = labels.shape as [number, number]
  if (most === 1) return tf.greaterEqual(inputLengths, labelLengths)
  const left = tf.slice(labels, [0, 0], [examples, most - 1])
  const right = tf.slice(labels, [0, 1], [examples, most - 1])
  const inside = tf.less(tf.expandDims(tf.add(iota(most - 1), integer(1)), 0), tf.expandDims(labelLengths, 1))
  const repeats = tf.sum(tf.cast(tf.logicalAnd(tf.equal(left, right), inside), 'int32'), 1)
  return tf.greaterEqual(inputLengths, tf.add(labelLengths, repeats))
}

/** log(eᵃ + eᵇ). */
function logAdd(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const high = tf.maximum(a, b)
  return tf.add(high, tf.log(tf.add(tf.exp(tf.sub(a, high)), tf.exp(tf.sub(b, high)))))
}
