import { hasScan, scan, type ScanStep, tf } from '@parlance/runtime'

/** Fewer steps are written out one after the other. */
const SHORTEST_SCAN = 8

export interface TimeLoop {
  steps: number
  /** The state before the first step: (N, …) each. */
  initial: readonly tf.Tensor[]
  /** What is read step by step: time-major, (T·N, …) each. */
  sequences: readonly tf.Tensor[]
  /** From the last step to the first; the order of the sequences stays. Default false. */
  reverse?: boolean
}

/**
 * Applies `step` to the state and the rows of one time step after the other. Where there is a `scan` it is one operator;
 * elsewhere a graph with all steps. Nothing differentiates through it: for the two sides of a `customGradient`.
 *
 * @returns the state after the last step, and each output of all steps, time-major (T·N, …)
 */
export function timeLoop(
  { steps, initial, sequences, reverse = false }: TimeLoop,
  step: (state: tf.Tensor[], rows: tf.Tensor[]) => ScanStep,
): ScanStep {
  if (steps >= SHORTEST_SCAN && hasScan()) {
    const apart = sequences.map((rows) => tf.reshape(rows, [steps, (rows.shape[0] as number) / steps, ...rows.shape.slice(1)]))
    const { state, outputs } = scan(step, initial, apart, { reverse })
    return { state, outputs: outputs.map((output) => tf.reshape(output, [-1, ...output.shape.slice(2)])) }
  }
  const rows = sequences.map((sequence) => tf.split(sequence, steps, 0))
  const collected: tf.Tensor[][] = []
  let state = [...initial]
  for (let k = 0; k < steps; k++) {
    const t = reverse ? steps - 1 - k : k
    const result = step(state, rows.map((parts) => parts[t] as tf.Tensor))
    state = result.state
    for (const [i, output] of result.outputs.entries()) (collected[i] ??= new Array<tf.Tensor>(steps))[t] = output
  }
  return { state, outputs: collected.map((parts) => tf.concat(parts, 0)) }
}

/** What stood before each step: `initial` (N, …), and then the rows (T·N, …) of all steps but the last. */
export function before(initial: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [examples, ...rest] = initial.shape as [number, ...number[]]
  const kept = (rows.shape[0] as number) - examples
  return kept === 0 ? initial : tf.concat([initial, tf.slice(rows, [0, ...rest.map(() => 0)], [kept, ...rest])], 0)
}
