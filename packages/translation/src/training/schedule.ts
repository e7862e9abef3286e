import { inverseSquareRootSchedule, plannedSchedule, type Schedule } from '@parlance/nn'
import type { TrainingConfig } from '../config.js'

/** The learning rates that a config asks for. */
export function learningRates({ schedule, learningRate: peak, warmupSteps }: TrainingConfig): Schedule {
  if (schedule === 'inverse-sqrt') return inverseSquareRootSchedule({ peak, warmupSteps })
  return plannedSchedule({ peak, warmupSteps, decay: schedule })
}
