import type { tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import type { ReportPlot } from '../training/report.js'
import type { TrainOptions } from '../training/train-options.js'
import { trial, type TrialOptions, trialStep } from './trial.js'

export interface LearningRateFinderOptions<Batch extends tf.TensorContainer> extends TrialOptions<Batch> {
  batch: TrainOptions<Batch>['batch']
  /** The first rate; default 1e-7. */
  from?: number
  /** The last rate; default 10. */
  to?: number
  /** Updates; default 100. */
  steps?: number
  /** Decay of the mean of the losses, in [0, 1); default 0.9. */
  smoothing?: number
  /** Stops when the smoothed loss is so many times the best so far; default 4. */
  divergence?: number
}

/** One update of a range test. */
export interface RatePoint {
  rate: number
  /** The mean loss of the batch, before the update. */
  loss: number
  /** The exponential mean of the losses, corrected for its beginning. */
  smoothed: number
}

export interface LearningRateRange {
  points: RatePoint[]
  /** The rate at which the smoothed loss falls fastest; null if it fell nowhere. A peak for schedules to begin with. */
  suggestion: number | null
  /** Whether the loss grew out of bounds before the last rate. */
  diverged: boolean
  /** For `report.html`. */
  plot: ReportPlot
}

/**
 * Trains while the learning rate rises exponentially, to see between which rates the loss falls (Smith, "Cyclical
 * Learning Rates for Training Neural Networks", 2017, section 3.3). Parameters and optimizer are afterwards as before.
 *
 * @throws RangeError for rates, smoothing or divergence that cannot work; Error when the first loss is not finite
 */
export async function findLearningRate<Batch extends tf.TensorContainer>(
  options: LearningRateFinderOptions<Batch>,
): Promise<LearningRateRange> {
  const { from = 1e-7, to = 10, steps = 100, smoothing = 0.9, divergence = 4 } = options
  expectSize('The steps of a learning-rate range test', steps, 3)
  if (!(from > 0 && to > from && Number.isFinite(to))) {
    throw new RangeError(`A learning-rate range must rise from above 0, got ${from} to ${to}.`)
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new RangeError(`The smoothing of losses must be at least 0 and less than 1, got ${smoothing}.`)
  }
  if (!(divergence > 1)) throw new RangeError(`The divergence of a range test must be more than 1, got ${divergence}.`)
  const points: RatePoint[] = []
  const diverged = await trial(options, async () => {
    let [mean, best] = [0, Infinity]
    for (let step = 1; step <= steps; step++) {
      const rate = from * (to / from) ** ((step - 1) / (steps - 1))
      const loss = await trialStep(options, await options.batch(step), step, rate)
      if (!Number.isFinite(loss)) {
        if (step === 1) throw new Error(`The loss is ${loss} before any update: check the data and the model.`)
        return true
      }
      mean = smoothing * mean + (1 - smoothing) * loss
      const smoothed = mean / (1 - smoothing ** step)
      points.push({ rate, loss, smoothed })
      if (smoothed > divergence * best) return true
      best = Math.min(best, smoothed)
    }
    return false
  })
  const suggestion = steepest(points)
  return { points, suggestion, diverged, plot: plotOf(points, suggestion) }
}

/** The rate of the point, up to the lowest, around which the smoothed loss falls most by the logarithm of the rate. */
function steepest(points: readonly RatePoint[]): number | null {
  const losses = points.map(({ smoothed }) => smoothed)
  const lowest = losses.indexOf(Math.min(...losses))
  let [rate, slope]: [number | null, number] = [null, 0]
  for (let i = 1; i < lowest; i++) {
    // The rates are evenly spaced in their logarithm.
    const rise = (losses[i + 1] as number) - (losses[i - 1] as number)
    if (rise < slope) [rate, slope] = [(points[i] as RatePoint).rate, rise]
  }
  return rate
}

function plotOf(points: readonly RatePoint[], suggestion: number | null): ReportPlot {
  const found = suggestion === null ? 'it fell nowhere' : `it fell fastest at ${suggestion.toPrecision(2)}`
  const curve = (name: string, of: (point: RatePoint) => number): ReportPlot['curves'][number] => ({
    name,
    points: points.map((point) => [point.rate, of(point)]),
  })
  return {
    title: 'Learning-rate range test',
    note: `Loss while the learning rate rises by a constant factor each step; smoothed, ${found}.`,
    xName: 'learning rate',
    logarithmic: true,
    curves: [curve('loss', ({ loss }) => loss), curve('smoothed', ({ smoothed }) => smoothed)],
  }
}
