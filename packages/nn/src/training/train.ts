import fs from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { tf, writeSafetensors, type SafetensorsTensor, type StoredFloats } from '@parlance/runtime'
import { WeightAverage } from '../averaging/weight-average.js'
import { CheckpointFolder, readVariables, type LoopState, type Pace } from './checkpoint.js'
import { UsageError } from '../errors.js'
import { formatDuration, formatNumber } from './format.js'
import { Interruption } from './interruption.js'
import { meanOf } from '../losses/summed.js'
import { Progress, type ProgressStream, shareDone } from './progress.js'
import { writeReport, type ReportFigure, type ReportSection } from './report.js'
import { RunFolder } from './run-folder.js'
import { checkTrainOptions, type Evaluation, type TrainOptions, type TrainResult, type WeightFormat } from './train-options.js'
import { readLog, TrainingLog } from './training-log.js'
import type { StepResult } from './training-step.js'

/**
 * Trains until a limit, early stopping or a signal ends it, and leaves a run folder: `config.json`,
 * `model.safetensors` (the best by the evaluation's metric; the last checkpoint's while nothing was evaluated),
 * `log.jsonl`, `report.html`, `state/` (to resume bit-exactly) and the given files. A killed run loses at most the steps
 * since its last checkpoint, and resumed gives the same losses as if it had not been.
 *
 * @throws UsageError for options that cannot work or a folder that holds another run
 * @throws Error, one line, when a loss or gradient norm is not finite (naming the step) or the disk is full; the last
 *   checkpoint stays whole
 */
export async function train<Batch extends tf.TensorContainer>(options: TrainOptions<Batch>): Promise<TrainResult> {
  checkTrainOptions(options)
  const folder = new RunFolder(options.folder)
  const checkpoints = new CheckpointFolder(options.folder)
  const { config, files = {}, resume = false } = options
  if (resume && !fs.existsSync(options.folder)) {
    throw new UsageError(`There is no run to resume in ${options.folder}: check the name, or start without resuming.`)
  }
  if (resume && checkpoints.exists()) folder.reopen(config, files)
  else folder.create(config, files)
  const loop = new TrainingLoop(options, folder, checkpoints)
  return loop.run()
}

const STORED = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const satisfies Record<WeightFormat, StoredFloats>

class TrainingLoop<Batch extends tf.TensorContainer> {
  private readonly state: LoopState
  private readonly log: TrainingLog
  private readonly progress: Progress
  private readonly startedAt: number
  private readonly stream: ProgressStream
  /** Results whose values nobody has read yet: reading waits for the device. */
  private pending: { step: number; result: StepResult }[] = []
  private savedStep: number | undefined
  /** Seconds of each step since the pace was taken. */
  private durations: number[] = []

  constructor(
    private readonly options: TrainOptions<Batch>,
    private readonly folder: RunFolder,
    private readonly checkpoints: CheckpointFolder,
  ) {
    const resumed = checkpoints.exists()
    this.state = resumed
      ? checkpoints.restore(options.parameters, stateOf(options))
      : {
          step: 0,
          seconds: 0,
          best: null,
          evaluationsSinceBest: 0,
          evaluations: [],
          window: { lossSum: 0, count: 0, gradientNorms: 0, steps: 0, since: 0 },
        }
    if (resumed) this.savedStep = this.state.step
    this.log = new TrainingLog(folder.log, this.state.step)
    this.startedAt = performance.now() - this.state.seconds * 1000
    this.stream = options.progress ?? process.stderr
    this.progress = new Progress(options, this.stream, this.state)
    if (resumed) this.progress.message(`Resuming ${folder.path} after step ${this.state.step}.`)
  }

  private seconds(): number {
    return (performance.now() - this.startedAt) / 1000
  }

  async run(): Promise<TrainResult> {
    const interruption = new Interruption(() => this.progress.message('Stopping after this step; once more to stop at once.'))
    try {
      let reason = this.reasonToStop(interruption)
      for (; !reason; reason = this.reasonToStop(interruption)) {
        await this.step()
        await setImmediate() // lets signals and the progress bar through
      }
      await this.finish(reason)
      const { step, seconds, best } = this.state
      return { step, seconds, reason, best }
    } catch (error) {
      throw this.withCheckpoint(error)
    } finally {
      interruption.stop()
      for (const { result } of this.pending) tf.dispose(Object.values(result))
      this.progress.stop()
      this.log.close()
    }
  }

  private reasonToStop(interruption: Interruption): TrainResult['reason'] | undefined {
    const { maxSteps = Infinity, maxSeconds = Infinity, evaluation } = this.options
    if (interruption.requested) return 'interrupted'
    if (this.state.step >= maxSteps) return 'maxSteps'
    if (this.seconds() >= maxSeconds) return 'maxSeconds'
    if (evaluation?.patience !== undefined && this.state.evaluationsSinceBest >= evaluation.patience) return 'patience'
    return undefined
  }

  private learningRate(step: number): number {
    const before = this.state.evaluations.filter((evaluation) => evaluation.step < step)
    return this.options.schedule(step, before, shareDone(this.options, step - 1, projectedSeconds(this.pace(step), step - 1)))
  }

  /** Seconds are told from steps, so that a resumed run has the rates that the killed one had since its checkpoint. */
  private pace(step: number): Pace {
    const { state } = this
    if (!state.pace && step > PACE_STEPS) this.takePace()
    return state.pace ?? { step: 0, seconds: 0, secondsPerStep: 0 }
  }

  /** By the median step: those that compile would promise an early end. */
  private takePace(): void {
    const { step, pace } = this.state
    const sorted = this.durations.sort((a, b) => a - b)
    const secondsPerStep = sorted[sorted.length >> 1] ?? pace?.secondsPerStep ?? 0
    this.state.pace = { step, seconds: this.seconds(), secondsPerStep }
    this.durations = []
  }

  /** Does `work` with the weights that are evaluated and kept: the averaged ones, where the optimizer averages. */
  private withBestWeights<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const { optimizer } = this.options
    return optimizer instanceof WeightAverage ? optimizer.whileAveraged(work) : Promise.resolve(work())
  }

  /** One update and what is due after it: first the log, then the evaluation, then the checkpoint. */
  private async step(): Promise<void> {
    const { options, state } = this
    const { logEvery = 10, checkpointEvery = 500, evaluation, maxSteps } = options
    const step = state.step + 1
    const started = performance.now()
    const batch = await options.batch(step)
    const numbers = { learningRate: tf.scalar(this.learningRate(step)), step: tf.scalar(step, 'int32') }
    try {
      this.pending.push({ step, result: options.trainStep(batch, numbers) })
    } finally {
      tf.dispose([batch, numbers.learningRate, numbers.step])
    }
    state.step = step
    this.durations.push((performance.now() - started) / 1000)
    if (step === 1 || step % logEvery === 0) await this.writeLog()
    if (evaluation && step % evaluation.every === 0) await this.evaluate(evaluation)
    if (step % checkpointEvery === 0 && step !== maxSteps) await this.saveCheckpoint() // the end writes its own
    this.progress.step(step, this.seconds())
  }

  /** Reads the results that wait into the log's window. */
  private async readPending(): Promise<void> {
    const { window } = this.state
    for (let next = this.pending[0]; next; next = this.pending[0]) {
      const { step, result } = next
      const [sum = NaN, count = NaN, gradientNorm = NaN] = (
        await Promise.all([result.sum.data(), result.count.data(), result.gradientNorm.data()])
      ).map((values) => values[0])
      tf.dispose(Object.values(result))
      this.pending.shift()
      const wrong = [['loss', meanOf(sum, count)] as const, ['gradient norm', gradientNorm] as const].find(
        ([, value]) => !Number.isFinite(value),
      )
      if (wrong) {
        throw new Error(
          `The ${wrong[0]} is ${wrong[1]} at step ${step} (learning rate ${this.learningRate(step)}): ` +
            'lower the learning rate, clip the gradients or check the data.',
        )
      }
      window.lossSum += sum
      window.count += count
      window.gradientNorms += gradientNorm
      window.steps++
    }
  }

  private async writeLog(): Promise<void> {
    await this.readPending()
    const { window, step } = this.state
    if (window.steps === 0) return
    const seconds = this.seconds()
    const entry = {
      step,
      loss: meanOf(window.lossSum, window.count),
      learningRate: this.learningRate(step),
      gradientNorm: window.gradientNorms / window.steps,
      tokensPerSecond: window.count / Math.max(seconds - window.since, 1e-9),
      seconds,
    }
    this.log.append(entry)
    this.progress.logged(entry)
    this.state.window = { lossSum: 0, count: 0, gradientNorms: 0, steps: 0, since: seconds }
  }

  /** Does what is not an update, and keeps its time out of the log's tokens per second. */
  private async aside(work: () => Promise<void>): Promise<void> {
    await this.readPending()
    const before = this.seconds()
    await work()
    this.state.window.since += this.seconds() - before
  }

  private evaluate(evaluation: Evaluation): Promise<void> {
    return this.aside(async () => {
      const { state } = this
      const { metric, direction } = evaluation
      const entry = await this.withBestWeights(async () => {
        const metrics = await evaluation.evaluate(state.step)
        const value = metrics[metric]
        if (value === undefined || !Number.isFinite(value)) {
          const got = value === undefined ? `is not among ${Object.keys(metrics).join(', ')}` : `is ${value}`
          throw new Error(`The evaluation's ${metric} ${got} at step ${state.step}.`)
        }
        const sign = direction === 'minimize' ? 1 : -1
        if (state.best === null || sign * value < sign * state.best.value) {
          state.best = { step: state.step, value }
          state.evaluationsSinceBest = 0
          this.saveModel(await readVariables(this.options.parameters))
        } else state.evaluationsSinceBest++
        state.evaluations.push({ step: state.step, value })
        return { step: state.step, evaluation: metrics, seconds: this.seconds() }
      })
      const { optimizer } = this.options
      if (optimizer instanceof WeightAverage) optimizer.evaluated(state.evaluations)
      this.log.append(entry)
      this.progress.evaluated(entry, state.best?.step === state.step)
      this.report()
    })
  }

  private saveModel(parameters: ReadonlyMap<string, SafetensorsTensor>): void {
    const { best, step } = this.state
    const metric = this.options.evaluation?.metric
    const measured = best && metric !== undefined ? { [metric]: String(best.value) } : {}
    const floats = STORED[this.options.weights ?? 'float32']
    writeSafetensors(this.folder.model, parameters, { format: 'pt', step: String(step), ...measured }, { floats })
  }

  private saveCheckpoint(): Promise<void> {
    return this.aside(async () => {
      const parameters = await readVariables(this.options.parameters)
      const optimizer = await readVariables(stateOf(this.options))
      this.state.seconds = this.seconds()
      this.takePace()
      this.checkpoints.save(parameters, optimizer, this.state)
      this.savedStep = this.state.step
      if (this.state.best) return
      await this.withBestWeights(async () => this.saveModel(await readVariables(this.options.parameters)))
    })
  }

  /** What remains to be done when no further update comes. */
  private async finish(reason: TrainResult['reason']): Promise<void> {
    const { state } = this
    const { evaluation } = this.options
    if (reason === 'interrupted') {
      if (this.savedStep !== state.step) await this.saveCheckpoint()
      state.seconds = this.seconds()
      this.report()
      this.progress.message(`Stopped after step ${state.step}; the checkpoint is written: resume to go on from it.`)
      return
    }
    let changed = this.savedStep !== state.step
    if (state.window.steps > 0 || this.pending.length > 0) {
      await this.writeLog()
      changed = true
    }
    if (evaluation && state.step > 0 && state.evaluations.at(-1)?.step !== state.step) {
      await this.evaluate(evaluation)
      changed = true
    }
    if (changed) await this.saveCheckpoint()
    else state.seconds = this.seconds()
    const { figures, sections } = this.options.report ?? {}
    this.report((await figures?.()) ?? [], (await sections?.()) ?? [])
    const best = state.best ? `; the best ${evaluation?.metric} is ${formatNumber(state.best.value)}, of step ${state.best.step}` : ''
    this.progress.message(`Ended by ${reason} after step ${state.step}, ${formatDuration(state.seconds)}${best}.`)
  }

  private report(figures: ReportFigure[] = [], sections: ReportSection[] = []): void {
    const { config, report } = this.options
    const title = report?.title ?? 'Training run'
    const plots = report?.plots ?? []
    writeReport(this.folder.report, { title, config, log: readLog(this.folder.log), plots, figures, sections })
  }

  /** Says with an error what is left to go on from. */
  private withCheckpoint(error: unknown): unknown {
    if (!(error instanceof Error)) return error
    const left =
      this.savedStep === undefined
        ? 'No checkpoint was written yet.'
        : `The checkpoint of step ${this.savedStep} in ${this.folder.path} is whole: resume to go on from it.`
    return new Error(`${error.message} ${left}`, { cause: error })
  }
}

/** Steps before the first pace is taken, in a run of few checkpoints. */
const PACE_STEPS = 20

function projectedSeconds(pace: Pace, step: number): number {
  return pace.seconds + pace.secondsPerStep * Math.max(step - pace.step, 0)
}

/** What a checkpoint holds besides the parameters. */
function stateOf<Batch extends tf.TensorContainer>({ optimizer, lossScaling }: TrainOptions<Batch>): Map<string, tf.Variable> {
  return new Map([...optimizer.state(), ...(lossScaling?.state() ?? [])])
}
