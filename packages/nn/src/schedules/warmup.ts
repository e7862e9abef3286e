import { checkSteps, type Schedule } from './schedule.js'

/** `warmupSteps` of linear rise to the first rate of another schedule, which then begins with its own step 1. */
export function withWarmup(warmupSteps: number, schedule: Schedule): Schedule {
  checkSteps('warm-up steps', warmupSteps, 1)
  return (step, evaluations, share) =>
    step <= warmupSteps ? (schedule(1, [], share) * step) / warmupSteps : schedule(step - warmupSteps, evaluations, share)
}
