import { median } from '../timing.js'
import { stepFlops, type StepSetting } from './settings.js'

/** One implementation's measurements. */
export interface Contender {
  title: string
  /** Milliseconds of the measured steps. */
  times: number[]
  /** Of all steps from the first. */
  losses: number[]
  /** Milliseconds of the first step, with all that has to be done once. */
  first: number
  peakBytes: number
}

/** Steps over which losses must agree; later ones drift apart, as rounding differs. */
const COMPARED_STEPS = 10

/** The most by which those losses may differ, in nats. */
const TOLERANCE = 1e-4

/**
 * Prints what was measured; the first contender is the one that the others are compared with.
 *
 * @param rates of ONNX Runtime's 512³ products, in GFLOP/s
 * @throws Error when losses differ: the times would not compare.
 */
export function report(setting: StepSetting, contenders: readonly Contender[], rates: readonly number[]): void {
  const [ours, ...others] = contenders as [Contender, ...Contender[]]
  const apart = others.map((other) => {
    const compared = Math.min(COMPARED_STEPS, other.losses.length, ours.losses.length)
    const most = Math.max(...ours.losses.slice(0, compared).map((loss, i) => Math.abs(loss - (other.losses[i] as number))))
    if (!(most <= TOLERANCE)) {
      throw new Error(`${other.title}: the losses of the first ${compared} steps differ by up to ${most} (at most ${TOLERANCE} is allowed), so that the times do not compare.`)
    }
    return { compared, most }
  })
  const { inProducts, flops } = stepFlops(setting)
  const rate = median(rates)
  const ms = median(ours.times)
  console.log(setting.title)
  console.log(`${inProducts} parameters in matrix products, ${(flops / 1e9).toFixed(2)} GFLOP a step`)
  console.log(`loss ${ours.losses[0]?.toFixed(4)} at the first step, ${ours.losses.at(-1)?.toFixed(4)} at step ${ours.losses.length}`)
  for (const contender of contenders) {
    const step = median(contender.times)
    const once = contender.first - step
    console.log(
      `${contender.title}: ${step.toFixed(1)} ms a step (median of ${contender.times.length}); ` +
        `the first took ${once.toFixed(0)} ms more; peak ${mebibytes(contender.peakBytes)} MiB`,
    )
  }
  for (const [i, other] of others.entries()) {
    const { compared, most } = apart[i] as (typeof apart)[0]
    console.log(
      `beside ${other.title}: time × ${(ms / median(other.times)).toFixed(3)}, peak memory × ${(ours.peakBytes / other.peakBytes).toFixed(2)}; ` +
        `losses of the first ${compared} steps differ by at most ${most.toExponential(1)}`,
    )
  }
  console.log(`512³ products: ${rate.toFixed(0)} GFLOP/s; the step's share of that rate: ${((100 * flops) / ms / 1e6 / rate).toFixed(1)}%`)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
