import { checkRate, checkSteps, type Schedule } from './schedule.js'

/** Half a cosine from `from` at progress 0 to `to` at progress 1. */
function cosine(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2
}

export interface OneCycleOptions {
  /** The highest rate. */
  peak: number
  /** The step of the lowest rate, the end of the cycle; the rate stays there afterwards. */
  totalSteps: number
  /** Share of the steps in which the rate rises, in (0, 1); default 0.3. */
  rise?: number
  /** The peak over the rate of the first step; default 25. */
  startDivisor?: number
  /** The rate of the first step over that of the last; default 10,000. */
  endDivisor?: number
}

/**
 * One rise and one longer fall, both along cosines (Smith and Topin, "Super-Convergence", 2018; shape and defaults are
 * PyTorch's). The peak is at step rise · totalSteps. Momentum stays as the optimizer has it.
 */
export function oneCycleSchedule(options: OneCycleOptions): Schedule {
  const { peak, totalSteps, rise = 0.3, startDivisor = 25, endDivisor = 10_000 } = options
  checkRate('peak learning rate', peak)
  checkSteps('total steps', totalSteps, 2)
  if (!(rise * totalSteps > 1 && rise < 1)) {
    throw new RangeError(`The rising share of a cycle must be below 1 and more than one step of ${totalSteps}, got ${rise}.`)
  }
  for (const divisor of [startDivisor, endDivisor]) {
    if (!(divisor >= 1)) throw new RangeError(`The divisors of a cycle must be 1 or more, got ${divisor}.`)
  }
  const top = rise * totalSteps - 1 // in updates done
  const start = peak / startDivisor
  return (step) => {
    const done = Math.min(step, totalSteps) - 1
    if (done <= top) return cosine(start, peak, done / top)
    return cosine(peak, start / endDivisor, (done - top) / (totalSteps - 1 - top))
  }
}

export interface RestartOptions {
  /** The rate at the first step of each cycle. */
  peak: number
  /** Steps of the first cycle. */
  cycleSteps: number
  /** Each cycle is so many times longer than the one before, a whole number; default 1. */
  lengthen?: number
  /** The rate that each cycle falls towards; default 0. */
  floor?: number
}

/** Cosines that start again at the peak (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5). */
export function cosineRestartsSchedule({ peak, cycleSteps, lengthen = 1, floor = 0 }: RestartOptions): Schedule {
  checkRate('peak learning rate', peak)
  checkRate('floor of the learning rate', floor)
  checkSteps('steps of a cycle', cycleSteps, 1)
  checkSteps('factor by which cycles lengthen', lengthen, 1)
  return (step) => {
    let [done, length] = [step - 1, cycleSteps]
    if (lengthen === 1) done %= length
    for (; done >= length; length *= lengthen) done -= length
    return cosine(peak, floor, done / length)
  }
}
