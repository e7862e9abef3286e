/**
 * Learning rates as pure functions of the step. Step 1 is the first update, so that a warm-up of n steps rises linearly
 * from peak / n and reaches the peak at step n.
 */
export type Schedule = (step: number) => number

function checkRate(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`The ${name} must be 0 or more, got ${value}.`)
}

function checkSteps(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`The ${name} must be a whole number of ${least} or more, got ${value}.`)
  }
}

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

/** The same rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  checkRate('learning rate', learningRate)
  return () => learningRate
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

/**
 * Linear warm-up, then peak · √(warmupSteps / step) (Vaswani et al., "Attention Is All You Need", 2017, equation 3,
 * whose peak is 1 / √(width · warmupSteps)).
 */
export function inverseSquareRootSchedule({ peak, warmupSteps }: { peak: number; warmupSteps: number }): Schedule {
  checkRate('peak learning rate', peak)
  checkSteps('warm-up steps', warmupSteps, 1)
  return (step) => peak * Math.min(step / warmupSteps, Math.sqrt(warmupSteps / step))
}
