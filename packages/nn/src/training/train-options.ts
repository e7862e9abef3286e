import type { tf } from '@parlance/runtime'
import { UsageError } from '../errors.js'
import type { LossScaling } from './loss-scaling.js'
import type { Optimizer } from '../optimizers/index.js'
import type { ProgressStream } from './progress.js'
import type { ReportFigure, ReportPlot, ReportSection } from './report.js'
import type { Schedule } from '../schedules/index.js'
import type { TrainStep } from './training-step.js'

export interface Evaluation {
  /**
   * Measures the model as it is after `step` updates, on data that is not trained on. A metric named `loss` is drawn
   * beside the training loss.
   */
  evaluate: (step: number) => Record<string, number> | Promise<Record<string, number>>
  /** Steps between evaluations; the last step is evaluated too. */
  every: number
  /** The metric that decides which model is best, */
  metric: string
  /** and in which direction. */
  direction: 'minimize' | 'maximize'
  /** Stops after so many evaluations without a better one; default never. */
  patience?: number
}

/** What `model.safetensors` may hold the weights as. */
export const weightFormats = ['float32', 'float16', 'bfloat16'] as const

export type WeightFormat = (typeof weightFormats)[number]

export interface TrainOptions<Batch extends tf.TensorContainer> {
  /** Where the run goes; made if it is not there. */
  folder: string
  /** Everything that decides the result, as JSON: architecture, data, seeds, schedule. Goes into `config.json`. */
  config: unknown
  /** Further files of the model folder by name, for example `tokenizer.json`. */
  files?: Readonly<Record<string, string>>
  /** By name; `namedParameters(model)`. */
  parameters: ReadonlyMap<string, tf.Variable>
  /** Where it is a `WeightAverage`, the averages are evaluated and kept as the model. */
  optimizer: Optimizer
  /** What the training step was given as its loss scaling, so that checkpoints hold it. */
  lossScaling?: LossScaling
  /** One update; usually `jit(trainingStep({ … }))`. */
  trainStep: TrainStep<Batch>
  /** The batch of a step (1 is the first), a function of the step alone so that a run can resume. The loop disposes it. */
  batch: (step: number) => Batch | Promise<Batch>
  /** Is also told the evaluations so far, which `plateauSchedule` goes by. */
  schedule: Schedule
  evaluation?: Evaluation
  /** At least one of the two limits is needed; whichever comes first ends the training. */
  maxSteps?: number
  /** Wall-clock seconds in the loop, evaluations included, added up over resumes. */
  maxSeconds?: number
  /** Steps between entries of `log.jsonl`; default 10. */
  logEvery?: number
  /** Steps between checkpoints; default 500. A checkpoint is also written at the end and on SIGINT or SIGTERM. */
  checkpointEvery?: number
  /**
   * What `model.safetensors` holds float32 parameters as, rounded to nearest; default float32. What training goes on from
   * (`state/`) stays float32.
   */
  weights?: WeightFormat
  /** Goes on from the folder's checkpoint (from the beginning when it has none yet); default false. */
  resume?: boolean
  /** The title of `report.html`, and what it shows besides the curves and the config, made at the end. */
  report?: {
    title: string
    /** Charts beside the learning curves, for example a learning-rate range test's. */
    plots?: readonly ReportPlot[]
    figures?: () => ReportFigure[] | Promise<ReportFigure[]>
    sections?: () => ReportSection[] | Promise<ReportSection[]>
  }
  /** Where progress goes; default stderr. */
  progress?: ProgressStream
}

export interface TrainResult {
  /** Updates done, over all resumes. */
  step: number
  seconds: number
  /** Which limit ended the training, or that a signal did. */
  reason: 'maxSteps' | 'maxSeconds' | 'patience' | 'interrupted'
  /** The best evaluation: that of `model.safetensors`. */
  best: { step: number; value: number } | null
}

/** @throws UsageError for limits and intervals that cannot work. */
export function checkTrainOptions<Batch extends tf.TensorContainer>(options: TrainOptions<Batch>): void {
  const { maxSteps, maxSeconds, logEvery, checkpointEvery, evaluation } = options
  if (maxSteps === undefined && maxSeconds === undefined) {
    throw new UsageError('Training needs an end: give maxSteps, maxSeconds or both.')
  }
  const counts = { maxSteps, logEvery, checkpointEvery, 'evaluation.every': evaluation?.every, patience: evaluation?.patience }
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new UsageError(`${name} must be a whole number of 1 or more, got ${value}.`)
    }
  }
  if (maxSeconds !== undefined && !(maxSeconds > 0)) {
    throw new UsageError(`maxSeconds must be more than 0, got ${maxSeconds}.`)
  }
}
