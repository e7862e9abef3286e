import type { Rung } from './rungs.js'
import type { RunRecord } from './search-folder.js'

/** A metric's better direction. */
export type Direction = 'minimize' | 'maximize'

interface TrialBase<P> {
  /** 0 the first. */
  trial: number
  parameters: P
  /** The last rung that it was in, 0 the first. */
  rung: number
  /** Steps that it had until the end of that rung. */
  budget: number
  /** What was reported, as [step, metric], in the order of steps. */
  curve: [step: number, metric: number][]
  /** Wall-clock time over all rungs. */
  seconds: number
  /** What its last rung left. */
  folder: string
}

/** A trial that gave a metric, that of its last rung. */
export interface SuccessfulTrial<P> extends TrialBase<P> {
  metric: number
}

/** A trial that threw or whose metric was not a finite number. */
export interface FailedTrial<P> extends TrialBase<P> {
  /** Why, in one line. */
  failed: string
}

export type TrialResult<P> = SuccessfulTrial<P> | FailedTrial<P>

export interface SearchResult<P> {
  /** Whether all was done, or a signal ended it before. */
  reason: 'finished' | 'interrupted'
  /** The best of the last rung that any trial came through; null while none has. */
  best: SuccessfulTrial<P> | null
  /** The trials so far, best first: by rung, then by metric; the failed ones last. */
  trials: TrialResult<P>[]
}

/** The `count` best trials of a rung, best first; of equal metrics the earlier trial's; never one that failed. */
export function promoted(runs: readonly RunRecord[], count: number, direction: Direction): number[] {
  return runs
    .filter((run): run is RunRecord & { metric: number } => run.metric !== null)
    .sort((a, b) => compareMetrics(a, b, direction))
    .slice(0, count)
    .map(({ trial }) => trial)
}

interface Measured {
  trial: number
  metric: number
}

function compareMetrics(a: Measured, b: Measured, direction: Direction): number {
  return (direction === 'minimize' ? a.metric - b.metric : b.metric - a.metric) || a.trial - b.trial
}

/** Puts a trial's runs, in the order of rungs, together. */
export function trialResult<P>(parameters: P, runs: readonly RunRecord[], rungs: readonly Rung[], folder: string): TrialResult<P> {
  const { trial, rung, metric, failed } = runs.at(-1) as RunRecord
  const { budget } = rungs[rung] as Rung
  const curve = [...new Map(runs.flatMap((run) => run.curve))].sort(([a], [b]) => a - b)
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0)
  const base = { trial, parameters, rung, budget, curve, seconds, folder }
  return metric === null ? { ...base, failed: failed ?? 'It gave no metric.' } : { ...base, metric }
}

/** Sorts as `SearchResult` does. */
export function sortTrials<P>(trials: readonly TrialResult<P>[], direction: Direction): TrialResult<P>[] {
  const successful = trials.filter((trial) => 'metric' in trial)
  const failed = trials.filter((trial) => 'failed' in trial)
  return [
    ...successful.sort((a, b) => b.rung - a.rung || compareMetrics(a, b, direction)),
    ...failed.sort((a, b) => b.rung - a.rung || a.trial - b.trial),
  ]
}

/** The best of sorted trials. */
export function bestOf<P>(sorted: readonly TrialResult<P>[]): SuccessfulTrial<P> | null {
  const [first] = sorted
  return first && 'metric' in first ? first : null
}
