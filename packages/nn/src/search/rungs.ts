import { expectSize } from '../dimensions.js'

/** A stage of a search: so many trials, each trained to the same number of steps. */
export interface Rung {
  trials: number
  /** Steps that a trial has done at the end, those of earlier rungs included. */
  budget: number
}

export interface HalvingOptions {
  /** Trials of the first rung. */
  trials: number
  /** Steps of the trials that come to the last rung. */
  maxBudget: number
  /** The least steps of the first rung, so that a metric says something; default 1. */
  minBudget?: number
  /** η: of a rung's trials one in so many goes on, to so many times the steps; default 3. */
  reduction?: number
}

/**
 * The rungs of successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
 * Optimization", AISTATS 2016; with budgets as in Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband", JMLR
 * 2018, algorithm 1): ⌊n η⁻ⁱ⌋ trials with R ηⁱ⁻ˢ steps for i = 0 … s, s as large as leaves a trial for the last rung and
 * `minBudget` steps for the first.
 *
 * @throws Error for numbers that are not whole; RangeError for a reduction below 2 or a least budget above the largest
 */
export function halvingRungs({ trials, maxBudget, minBudget = 1, reduction = 3 }: HalvingOptions): Rung[] {
  expectSize('The trials of a search', trials)
  expectSize('The largest budget of a search', maxBudget)
  expectSize('The least budget of a search', minBudget)
  expectSize('The reduction factor of successive halving', reduction, 2)
  if (minBudget > maxBudget) {
    throw new RangeError(`The least budget of a search must be at most the largest, ${maxBudget}, got ${minBudget}.`)
  }
  let last = 0
  while (reduction ** (last + 1) <= trials && minBudget * reduction ** (last + 1) <= maxBudget) last++
  return Array.from({ length: last + 1 }, (_, i) => ({
    trials: Math.floor(trials / reduction ** i),
    budget: Math.round(maxBudget / reduction ** (last - i)),
  }))
}

/** Steps of all rungs together, as trials that go on do so from where they were. */
export function stepsOf(rungs: readonly Rung[]): number {
  return rungs.reduce((sum, { trials }, i) => sum + trials * increment(rungs, i), 0)
}

/** The steps that each trial does in a rung. */
export function increment(rungs: readonly Rung[], rung: number): number {
  return (rungs[rung] as Rung).budget - (rungs[rung - 1]?.budget ?? 0)
}
