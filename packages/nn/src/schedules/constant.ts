import { checkRate, type Schedule } from './schedule.js'

/** The same rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  checkRate('learning rate', learningRate)
  return () => learningRate
}
