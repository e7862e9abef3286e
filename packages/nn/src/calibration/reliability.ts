import type { Confidences } from './classified.js'

/** Predictions whose confidence lies in (low, high]; the first bin also holds 0. */
export interface ReliabilityBin {
  low: number
  high: number
  count: number
  /** Means over the bin's predictions; NaN if it has none. */
  confidence: number
  accuracy: number
}

export interface Reliability {
  bins: ReliabilityBin[]
  count: number
  /** ECE: the mean over all predictions of |accuracy − confidence| of their bin, in 0 … 1. */
  expectedCalibrationError: number
  /** MCE: the greatest |accuracy − confidence| of a bin. */
  maximumCalibrationError: number
}

export interface ReliabilityOptions {
  /** How many bins of equal width. Default 15, as in Guo et al. */
  bins?: number
}

/**
 * How far a classifier's confidence can be trusted: reliability diagram and calibration errors (Naeini, Cooper and
 * Hauskrecht 2015; Guo, Pleiss, Sun and Weinberger 2017, section 2).
 *
 * @throws Error when there is no prediction, the sizes differ, or a confidence lies outside 0 … 1
 */
export function reliability({ confidences, correct }: Confidences, { bins: size = 15 }: ReliabilityOptions = {}): Reliability {
  const count = confidences.length
  if (count === 0 || correct.length !== count) {
    throw new Error(`Reliability needs confidences with an outcome each, got ${count} and ${correct.length}.`)
  }
  if (!Number.isSafeInteger(size) || size < 1) throw new Error(`The bins must be a whole number of 1 or more, got ${size}.`)
  const sums = Array.from({ length: size }, () => ({ count: 0, confidence: 0, correct: 0 }))
  for (let i = 0; i < count; i++) {
    const confidence = confidences[i] as number
    if (!(confidence >= 0 && confidence <= 1)) throw new Error(`Each confidence must lie in 0 … 1, got ${confidence} at ${i}.`)
    const bin = sums[Math.max(0, Math.ceil(confidence * size) - 1)] as (typeof sums)[number]
    bin.count++
    bin.confidence += confidence
    bin.correct += correct[i] as number
  }
  const bins = sums.map((bin, i) => ({
    low: i / size,
    high: (i + 1) / size,
    count: bin.count,
    confidence: bin.confidence / bin.count,
    accuracy: bin.correct / bin.count,
  }))
  const gaps = sums.map((bin) => Math.abs(bin.correct - bin.confidence))
  return {
    bins,
    count,
    expectedCalibrationError: gaps.reduce((sum, gap) => sum + gap, 0) / count,
    maximumCalibrationError: Math.max(...gaps.map((gap, i) => gap / Math.max(1, bins[i]?.count as number))),
  }
}
