import { checkRate, checkSteps, type Schedule } from './schedule.js'

/**
 * Linear warm-up, then peak · √(warmupSteps / step) (Vaswani et al., "Attention Is All You Need", 2017, equation 3,
 * whose peak is 1 / √(width · warmupSteps)).
 */
export function inverseSquareRootSchedule({ peak, warmupSteps }: { peak: number; warmupSteps: number }): Schedule {
  checkRate('peak learning rate', peak)
  checkSteps('warm-up steps', warmupSteps, 1)
  return (step) => peak * Math.min(step / warmupSteps, Math.sqrt(warmupSteps / step))
}

/**
 * peak / (1 + decay · updates done)ᵖ (Bottou, "Stochastic Gradient Descent Tricks", 2012, section 5.2). With decay λ η
 * and power 0.75 it is the rate of averaged stochastic gradient descent (Xu, "Towards Optimal One Pass Large Scale
 * Learning with Averaged Stochastic Gradient Descent", 2011).
 */
export function inversePowerSchedule({ peak, decay, power = 1 }: { peak: number; decay: number; power?: number }): Schedule {
  checkRate('peak learning rate', peak)
  checkRate('decay of the learning rate', decay)
  checkRate('power of the decay', power)
  return (step) => peak / (1 + decay * (step - 1)) ** power
}
