import { MetricError } from '../error.js'
import { mulberry32 } from './random.js'

export interface BootstrapOptions {
  /** Same seed, same interval. */
  readonly seed: number
  /** Number of resampled corpora. Default 1000. */
  readonly samples?: number
  /** Share of the resampled figures inside the interval. Default 0.95. */
  readonly confidence?: number
}

export interface ConfidenceInterval {
  readonly low: number
  readonly high: number
  /** Mean over the resampled corpora. */
  readonly mean: number
}

/**
 * Percentile bootstrap (Efron 1979; Koehn 2004 for BLEU): `statistic` gets the positions of `size` items drawn with
 * replacement from `size`, and returns the figure of that corpus. The array is used again for the next sample.
 *
 * Throws a `MetricError` for a size, number of samples or confidence that is out of range.
 */
export function bootstrap(
  size: number,
  statistic: (positions: Int32Array) => number,
  { seed, samples = 1000, confidence = 0.95 }: BootstrapOptions,
): ConfidenceInterval {
  if (!Number.isInteger(size) || size < 1) throw new MetricError(`size must be a positive integer, got ${size}`)
  if (!Number.isInteger(samples) || samples < 1) {
    throw new MetricError(`samples must be a positive integer, got ${samples}`)
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new MetricError(`confidence must lie between 0 and 1, got ${confidence}`)
  }
  const random = mulberry32(seed)
  const positions = new Int32Array(size)
  const figures = new Float64Array(samples)
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < size; i++) positions[i] = Math.floor(random() * size)
    figures[sample] = statistic(positions)
  }
  return intervalOf(figures, confidence)
}

/** The interval that holds this share of the figures, as many outside on either side. */
function intervalOf(figures: Float64Array, confidence: number): ConfidenceInterval {
  const sorted = figures.toSorted()
  return {
    low: quantile(sorted, (1 - confidence) / 2),
    high: quantile(sorted, (1 + confidence) / 2),
    mean: figures.reduce((sum, figure) => sum + figure, 0) / figures.length,
  }
}

/** Of sorted values, interpolated linearly between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!)
}
