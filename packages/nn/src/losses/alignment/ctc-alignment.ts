import { logAdd } from './log-add.js'

/** Where the labels of one example lie in its frames, by CTC. State 2k + 1 is label k, the even states are blanks. */
export interface CtcAlignment {
  frames: number
  labels: number
  /** Of each label, the first and the last frame on which the most probable path (Viterbi) is in it. */
  spans: { first: number; last: number }[]
  /** Of each frame, the state in which that path is. */
  states: number[]
  /** log of that path's probability, in nats. */
  bestPath: number
  /** log of the probability of all paths, in nats: minus the loss. */
  total: number
  /** Posterior probabilities of the states: (T, 2·U + 1), row by row. */
  occupancy: Float64Array
}

/**
 * The alignment of one example, computed in float64 on the host.
 *
 * @param logits (T, V) row by row, before softmax or log-probabilities
 * @param labels ids without padding
 * @throws where the frames are too few for the labels: each takes one, and a repeated label a blank before it
 */
export function alignCtc(logits: ArrayLike<number>, size: number, labels: readonly number[], blank = 0): CtcAlignment {
  const frames = logits.length / size
  if (!Number.isInteger(frames) || frames === 0) {
    throw new Error(`CTC's logits must be frames of ${size} classes, got ${logits.length} numbers.`)
  }
  const repeated = labels.filter((label, k) => k > 0 && label === labels[k - 1]).length
  if (frames < labels.length + repeated) {
    throw new Error(`${labels.length} labels, ${repeated} of them repeated, need ${labels.length + repeated} frames, got ${frames}.`)
  }
  const symbols = Array.from({ length: 2 * labels.length + 1 }, (_, s) => (s % 2 ? (labels[s >> 1] as number) : blank))
  const width = symbols.length
  const emissions = new Float64Array(frames * width)
  for (let t = 0; t < frames; t++) {
    let normalizer = -Infinity
    for (let v = 0; v < size; v++) normalizer = logAdd(normalizer, logits[t * size + v] as number)
    for (const [s, symbol] of symbols.entries()) emissions[t * width + s] = (logits[t * size + symbol] as number) - normalizer
  }
  const skips = symbols.map((symbol, s) => s > 1 && symbol !== blank && symbol !== symbols[s - 2])
  const { alpha, best, from } = forward(emissions, skips)
  const beta = backward(emissions, skips)

  const [end, start] = [(frames - 1) * width + width - 1, Math.max(0, width - 2)]
  const before = (frames - 1) * width + start
  const total = width === 1 ? (alpha[end] as number) : logAdd(alpha[end] as number, alpha[before] as number)
  const states = new Array<number>(frames).fill(0)
  let state = (best[end] as number) >= (best[before] as number) ? width - 1 : start
  const bestPath = best[(frames - 1) * width + state] as number
  for (let t = frames - 1; t >= 0; t--) {
    states[t] = state
    state -= from[t * width + state] as number
  }
  const spans = labels.map((_, k) => ({ first: states.indexOf(2 * k + 1), last: states.lastIndexOf(2 * k + 1) }))
  const occupancy = alpha.map((value, i) => Math.exp(value + (beta[i] as number) - (emissions[i] as number) - total))
  return { frames, labels: labels.length, spans, states, bestPath, total, occupancy }
}

/** From how many states before `s` a path may come to it, beside 0. */
function distances(s: number, skips: readonly boolean[]): number[] {
  return skips[s] ? [1, 2] : s > 0 ? [1] : []
}

function forward(emissions: Float64Array, skips: readonly boolean[]): { alpha: Float64Array; best: Float64Array; from: Uint8Array } {
  const width = skips.length
  const [alpha, best] = [new Float64Array(emissions.length), new Float64Array(emissions.length)]
  const from = new Uint8Array(emissions.length)
  for (let i = 0; i < emissions.length; i++) {
    const s = i % width
    const first = i < width
    let sum = first ? (s < 2 ? 0 : -Infinity) : (alpha[i - width] as number)
    let most = first ? sum : (best[i - width] as number)
    for (const distance of first ? [] : distances(s, skips)) {
      const source = i - width - distance
      sum = logAdd(sum, alpha[source] as number)
      if ((best[source] as number) <= most) continue
      most = best[source] as number
      from[i] = distance
    }
    alpha[i] = sum + (emissions[i] as number)
    best[i] = most + (emissions[i] as number)
  }
  return { alpha, best, from }
}

/** β with the emission of its own frame, as in Graves et al. 2006. */
function backward(emissions: Float64Array, skips: readonly boolean[]): Float64Array {
  const width = skips.length
  const beta = new Float64Array(emissions.length)
  for (let i = emissions.length - 1; i >= 0; i--) {
    const s = i % width
    const last = i >= emissions.length - width
    let sum = last ? (s >= width - 2 ? 0 : -Infinity) : (beta[i + width] as number)
    for (const distance of last ? [] : [1, 2]) {
      const target = s + distance
      if (target < width && distances(target, skips).includes(distance)) sum = logAdd(sum, beta[i + width + distance] as number)
    }
    beta[i] = sum + (emissions[i] as number)
  }
  return beta
}
