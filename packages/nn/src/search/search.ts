import fs from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { DeviceLostError } from '@parlance/runtime'
import { oneLine } from '../command-line.js'
import { formatDuration, formatNumber } from '../training/format.js'
import { Interruption } from '../training/interruption.js'
import type { ProgressStream } from '../training/progress.js'
import { writeReport } from '../training/report.js'
import { bestOf, type Direction, promoted, type SearchResult, sortTrials, type TrialResult, trialResult } from './results.js'
import { increment, type Rung, stepsOf } from './rungs.js'
import { type RunRecord, SearchFolder } from './search-folder.js'
import { SearchProgress } from './search-progress.js'
import { searchReport } from './search-report.js'
import { type DrawnParameter, type SearchSpace, valuesOf } from './space.js'

/** What an objective has besides the hyper-parameters. */
export interface TrialContext {
  /** 0 the first. */
  trial: number
  /** Steps that the trial is to have done at the end, those before `resume` included. */
  budget: number
  /** Where the trial keeps its checkpoint and model. */
  folder: string
  /** Whether `folder` holds what the trial left at its smaller budget before, to go on from; otherwise it is empty. */
  resume: boolean
  /** Tells the metric after so many steps, for the learning curves and the time left. */
  report(metric: number, step: number): void
  /** Aborted when the process is told to end: what the objective then gives does not count. */
  signal: AbortSignal
  /** For the trial's own progress, as `train` takes it: `progress.txt` in `folder`. */
  progress: ProgressStream
}

/** Trains with the hyper-parameters and gives the metric. What it throws becomes the trial's failure. */
export type Objective<P> = (parameters: P, context: TrialContext) => number | Promise<number>

export interface SearchOptions<P extends object> {
  /** Where everything goes; made if it is not there. A search that is there goes on. */
  folder: string
  space: SearchSpace<P>
  /** Decides, with the trial's number, the hyper-parameters of a trial. */
  seed: number
  objective: Objective<P>
  /** Whether a smaller or a greater metric is better. */
  direction: Direction
  /** Where progress goes; default stderr. */
  progress?: ProgressStream
}

const REPORT_SECONDS = 10

/** Runs the trials of all rungs, one after the other, and writes the report. `method` describes the rungs. */
export async function runSearch<P extends object>(
  options: SearchOptions<P>,
  method: Readonly<Record<string, unknown>>,
  rungs: readonly Rung[],
): Promise<SearchResult<P>> {
  return new Search(options, method, rungs).run()
}

class Search<P extends object> {
  private readonly drawn: ReadonlyMap<string, DrawnParameter>[]
  private readonly config: Readonly<Record<string, unknown>>
  private readonly folder: SearchFolder
  private readonly progress: SearchProgress
  /** What is done, in the order of the search. */
  private readonly runs: RunRecord[] = []
  private reportedAt = performance.now()

  constructor(
    private readonly options: SearchOptions<P>,
    method: Readonly<Record<string, unknown>>,
    private readonly rungs: readonly Rung[],
  ) {
    const { space, seed, direction } = options
    this.drawn = Array.from({ length: rungs[0]?.trials ?? 0 }, (_, trial) => space.draw(seed, trial))
    this.config = { ...method, direction, seed, ...space.describe() }
    this.folder = new SearchFolder(options.folder, this.config, this.drawn.map(valuesOf))
    this.progress = new SearchProgress(options.progress ?? process.stderr)
  }

  async run(): Promise<SearchResult<P>> {
    const abort = new AbortController()
    const interruption = new Interruption(() => {
      abort.abort(new Error('The search was interrupted.'))
      this.progress.message('Stopping: the trial that runs will not count; once more to stop at once.')
    })
    try {
      let entrants = this.drawn.map((_, trial) => trial)
      for (const [rung, { trials }] of this.rungs.entries()) {
        if (rung > 0) entrants = promoted(this.runs.filter((run) => run.rung === rung - 1), trials, this.options.direction)
        for (const [i, trial] of entrants.entries()) {
          const run = this.folder.run(trial, rung) ?? (await this.runTrial(trial, rung, entrants.length - i, abort.signal))
          if (!run) return this.end('interrupted')
          this.runs.push(run)
        }
      }
      return this.end('finished')
    } finally {
      interruption.stop()
      this.progress.stop()
    }
  }

  /** Gives nothing when it was interrupted. `entrants` is how many trials the rung still has, this one included. */
  private async runTrial(trial: number, rung: number, entrants: number, signal: AbortSignal): Promise<RunRecord | undefined> {
    await setImmediate() // lets signals through
    if (signal.aborted) return undefined
    const folder = this.folder.prepare(trial, rung)
    const { budget } = this.rungs[rung] as Rung
    const before = budget - increment(this.rungs, rung)
    const curve: RunRecord['curve'] = []
    const show = this.shower(trial, rung, entrants)
    show(0)
    const startedAt = performance.now()
    const context: TrialContext = {
      trial,
      budget,
      folder,
      resume: rung > 0,
      report: (metric, step) => {
        if (Number.isFinite(metric) && Number.isFinite(step)) curve.push([step, metric])
        show(Math.min(Math.max(step - before, 0), budget - before))
      },
      signal,
      progress: fileStream(join(folder, 'progress.txt')),
    }
    const outcome = await this.outcome(trial, context)
    if (signal.aborted) return undefined
    const seconds = (performance.now() - startedAt) / 1000
    const run: RunRecord = { trial, rung, ...outcome, curve, seconds }
    this.folder.record(run)
    if (performance.now() - this.reportedAt > 1000 * REPORT_SECONDS) this.report([...this.runs, run])
    return run
  }

  private async outcome(trial: number, context: TrialContext): Promise<Pick<RunRecord, 'metric' | 'failed'>> {
    try {
      const metric = await this.options.objective(this.parameters(trial), context)
      if (typeof metric === 'number' && Number.isFinite(metric)) return { metric, failed: null }
      return { metric: null, failed: `The metric is ${String(metric)}, not a finite number.` }
    } catch (error) {
      if (!context.signal.aborted && isOfMachine(error)) throw error
      return { metric: null, failed: oneLine(error) }
    }
  }

  private parameters(trial: number): P {
    return valuesOf(this.drawn[trial] as ReadonlyMap<string, DrawnParameter>) as P
  }

  /** What shows how far a run is, by the steps that it has done. */
  private shower(trial: number, rung: number, entrants: number): (stepsDone: number) => void {
    const total = stepsOf(this.rungs)
    const planned = entrants * increment(this.rungs, rung) + total - stepsOf(this.rungs.slice(0, rung + 1))
    const steps = this.runs.reduce((sum, run) => sum + increment(this.rungs, run.rung), 0)
    const seconds = this.runs.reduce((sum, run) => sum + run.seconds, 0)
    const best = bestOf(this.trials(this.runs))?.metric
    return (stepsDone) => {
      const left = planned - stepsDone
      this.progress.update({ trial, rung, left, total, secondsLeft: steps > 0 ? (left * seconds) / steps : undefined, best })
    }
  }

  /** The trials of runs, best first. */
  private trials(runs: readonly RunRecord[]): TrialResult<P>[] {
    const byTrial = new Map<number, RunRecord[]>()
    for (const run of runs) byTrial.set(run.trial, [...(byTrial.get(run.trial) ?? []), run])
    const trials = [...byTrial].map(([trial, ofTrial]) => {
      const folder = this.folder.trialFolder(trial, ofTrial.length - 1)
      return trialResult(this.parameters(trial), ofTrial, this.rungs, folder)
    })
    return sortTrials(trials, this.options.direction)
  }

  private report(runs: readonly RunRecord[]): void {
    this.reportedAt = performance.now()
    const content = searchReport({
      direction: this.options.direction,
      config: this.config,
      rungs: this.rungs,
      runs,
      drawn: this.drawn,
      trials: this.trials(runs),
    })
    writeReport(join(this.folder.path, 'report.html'), content)
  }

  private end(reason: SearchResult<P>['reason']): SearchResult<P> {
    const trials = this.trials(this.runs)
    const best = bestOf(trials)
    this.report(this.runs)
    this.progress.message(reason === 'interrupted' ? 'Stopped: search in the same folder to go on.' : summary(trials))
    return { reason, best, trials }
  }
}

function summary<P>(trials: readonly TrialResult<P>[]): string {
  const best = bestOf(trials)
  const failed = trials.filter((trial) => 'failed' in trial)
  const seconds = formatDuration(trials.reduce((sum, trial) => sum + trial.seconds, 0))
  if (!best) return `All ${trials.length} trials failed, ${seconds}. Trial ${failed[0]?.trial}: ${failed[0]?.failed}`
  const also = failed.length > 0 ? `; ${failed.length} failed` : ''
  return `${trials.length} trials, ${seconds}${also}; the best metric is ${formatNumber(best.metric)}, of trial ${best.trial}.`
}

/** Whether an error is not to blame on the hyper-parameters: the device is lost or the disk full, for every trial. */
function isOfMachine(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DeviceLostError || ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '')) return true
  }
  return false
}

/** A stream into a file that is there from the first text on; that it cannot be written harms nothing. */
function fileStream(file: string): ProgressStream {
  return new Writable({
    decodeStrings: false,
    write(text: string | Uint8Array, _, done) {
      try {
        fs.appendFileSync(file, text)
      } catch {
        // Only the progress is lost.
      }
      done()
    },
  })
}
