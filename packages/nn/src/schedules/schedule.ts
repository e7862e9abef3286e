/** What an evaluation measured: the metric that decides which model is best, after `step` updates. */
export interface MeasuredStep {
  step: number
  value: number
}

/**
 * Learning rates as pure functions of the step, and some of them of the evaluations so far, oldest first, so that a run
 * that resumes goes on as it would have. Step 1 is the first update: a warm-up of n steps rises linearly from peak / n
 * and reaches the peak at step n.
 *
 * `share` is how much of the planned training lies before the step, from 0 to 1, by whichever of its limits comes first.
 * For a limit of time `train` projects it from one checkpoint to the next, so that a run that resumes repeats the rates
 * of the steps since.
 */
export type Schedule = (step: number, evaluations?: readonly MeasuredStep[], share?: number) => number

/** @throws RangeError for a rate that is negative or not finite. */
export function checkRate(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`The ${name} must be 0 or more, got ${value}.`)
}

/** @throws RangeError for what is not a whole number of `least` or more. */
export function checkSteps(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`The ${name} must be a whole number of ${least} or more, got ${value}.`)
  }
}

/** @throws RangeError for a factor of the learning rate that is not in (0, 1). */
export function checkFactor(value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new RangeError(`The factor of the learning rate must lie between 0 and 1, got ${value}.`)
  }
}
