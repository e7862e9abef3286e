import { checkRate, checkSteps, type Schedule } from './schedule.js'

function checkDecay({ peak, warmupSteps, totalSteps, floor }: Required<DecayOptions>): void {
  checkRate('peak learning rate', peak)
  checkRate('floor of the learning rate', floor)
  if (floor > peak) throw new RangeError(`The floor of the learning rate, ${floor}, is above its peak, ${peak}.`)
  checkSteps('warm-up steps', warmupSteps, 0)
  checkSteps('total steps', totalSteps, 1)
  if (warmupSteps > totalSteps) {
    throw new RangeError(`The warm-up of ${warmupSteps} steps is longer than the whole training, ${totalSteps} steps.`)
  }
}

export interface DecayOptions {
  /** The highest rate, reached at the end of the warm-up. */
  peak: number
  /** Steps of linear rise; default 0. */
  warmupSteps?: number
  /** The step at which the floor is reached; the rate stays there afterwards. */
  totalSteps: number
  /** The lowest rate; default 0. */
  floor?: number
}

/** Linear warm-up, then `fall` (from 1 at progress 0 to 0 at progress 1) between the peak and the floor. */
function decaySchedule(options: DecayOptions, fall: (progress: number) => number): Schedule {
  const { peak, totalSteps, warmupSteps = 0, floor = 0 } = options
  checkDecay({ peak, totalSteps, warmupSteps, floor })
  return (step) => {
    if (step < warmupSteps) return (peak * step) / warmupSteps
    if (step >= totalSteps) return floor
    return floor + (peak - floor) * fall((step - warmupSteps) / (totalSteps - warmupSteps))
  }
}

/** Linear warm-up, then half a cosine down to the floor (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts). */
export function cosineSchedule(options: DecayOptions): Schedule {
  return decaySchedule(options, (progress) => (1 + Math.cos(Math.PI * progress)) / 2)
}

/** Linear warm-up, then a straight line down to the floor. */
export function linearSchedule(options: DecayOptions): Schedule {
  return decaySchedule(options, (progress) => 1 - progress)
}

/** Linear warm-up, then (1 − progress)ᵖ down to the floor; `power` 1 is a straight line. */
export function polynomialSchedule({ power, ...options }: DecayOptions & { power: number }): Schedule {
  if (!(power > 0 && Number.isFinite(power))) throw new RangeError(`The power of the decay must be more than 0, got ${power}.`)
  return decaySchedule(options, (progress) => (1 - progress) ** power)
}
