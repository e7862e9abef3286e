import { checkFactor, checkRate, checkSteps, type Schedule } from './schedule.js'

/** The peak for `every` updates, then times `factor` (default 0.1) after each further `every`. */
export function stepSchedule({ peak, every, factor = 0.1 }: { peak: number; every: number; factor?: number }): Schedule {
  checkRate('peak learning rate', peak)
  checkSteps('steps between drops of the learning rate', every, 1)
  checkFactor(factor)
  return (step) => peak * factor ** Math.floor((step - 1) / every)
}

/** The peak, and times `factor` (default 0.1) after each of the numbers of updates in `milestones`, which rise. */
export function multiStepSchedule(options: { peak: number; milestones: readonly number[]; factor?: number }): Schedule {
  const { peak, milestones, factor = 0.1 } = options
  checkRate('peak learning rate', peak)
  checkFactor(factor)
  for (const [i, milestone] of milestones.entries()) {
    checkSteps('milestone of the learning rate', milestone, 1)
    if (milestone <= (milestones[i - 1] ?? 0)) {
      throw new RangeError(`The milestones of the learning rate must rise, got ${milestones.join(', ')}.`)
    }
  }
  return (step) => peak * factor ** milestones.filter((milestone) => step > milestone).length
}

/** The peak at the first update, times `factor` for each further one. */
export function exponentialSchedule({ peak, factor }: { peak: number; factor: number }): Schedule {
  checkRate('peak learning rate', peak)
  checkFactor(factor)
  return (step) => peak * factor ** (step - 1)
}
