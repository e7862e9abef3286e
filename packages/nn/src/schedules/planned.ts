import { checkRate, checkSteps, type Schedule } from './schedule.js'

export interface PlannedOptions {
  /** The highest rate. */
  peak: number
  /** Steps of linear rise. */
  warmupSteps: number
  /** How the rate falls with the share of the training that is done. */
  decay: 'linear' | 'cosine'
}

/**
 * Down to zero over the planned training, whether that ends by steps or by time: the lesser of the linear warm-up,
 * peak · step / warmupSteps, and the decay, peak · (1 − share) or peak · (1 + cos(π · share)) / 2.
 */
export function plannedSchedule({ peak, warmupSteps, decay }: PlannedOptions): Schedule {
  checkRate('peak learning rate', peak)
  checkSteps('warm-up steps', warmupSteps, 1)
  const fall = decay === 'linear' ? (share: number) => 1 - share : (share: number) => (1 + Math.cos(Math.PI * share)) / 2
  return (step, _, share) => {
    if (share === undefined) throw new Error('A planned schedule needs the share of the training that is done.')
    return peak * Math.min(step / warmupSteps, fall(Math.min(Math.max(share, 0), 1)))
  }
}
