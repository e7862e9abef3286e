import { checkFactor, checkRate, checkSteps, type Schedule } from './schedule.js'

export interface PlateauOptions {
  /** The rate to start with. */
  peak: number
  /** The rate is multiplied by it at each plateau, in (0, 1); default 0.1. */
  factor?: number
  /** So many evaluations without a better one are accepted, the next lowers the rate; default 10. */
  patience?: number
  /** An evaluation is better if it is so much better, relative to the best; default 1e-4. */
  threshold?: number
  /** Evaluations after a drop that do not count as worse; default 0. */
  cooldown?: number
  /** The lowest rate; default 0. */
  floor?: number
  /** What a better evaluation is; default 'minimize'. */
  direction?: 'minimize' | 'maximize'
}

/**
 * Lowers the rate when the evaluation's metric no longer improves, by the rules of PyTorch's ReduceLROnPlateau. A
 * function of the evaluations so far alone, which `train` keeps in its checkpoint.
 */
export function plateauSchedule(options: PlateauOptions): Schedule {
  const { peak, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor = 0, direction = 'minimize' } = options
  checkRate('peak learning rate', peak)
  checkFactor(factor)
  checkSteps('patience of a plateau', patience, 0)
  checkSteps('cooldown of a plateau', cooldown, 0)
  checkRate('threshold of a plateau', threshold)
  checkRate('floor of the learning rate', floor)
  const isBetter = (value: number, best: number): boolean =>
    direction === 'minimize' ? value < best * (1 - threshold) : value > best * (1 + threshold)
  return (_, evaluations = []) => {
    let [rate, worse, cooling] = [peak, 0, 0]
    let best = direction === 'minimize' ? Infinity : -Infinity
    for (const { value } of evaluations) {
      if (isBetter(value, best)) [best, worse] = [value, 0]
      else worse++
      if (cooling > 0) [cooling, worse] = [cooling - 1, 0]
      if (worse > patience) {
        rate = Math.max(rate * factor, floor)
        ;[cooling, worse] = [cooldown, 0]
      }
    }
    return rate
  }
}
