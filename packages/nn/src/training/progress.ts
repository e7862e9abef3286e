import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { formatDuration, formatNumber } from './format.js'
import type { EvaluationEntry, StepEntry } from './training-log.js'

/** Where progress is shown: as a bar on a terminal, as lines elsewhere. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean }

export interface ProgressLimits {
  maxSteps?: number | undefined
  maxSeconds?: number | undefined
}

const LINE_SECONDS = 10

function formatRate(tokensPerSecond: number): string {
  return `${formatNumber(Math.round(tokensPerSecond))} tokens/s`
}

/** Share of the training that is done, by whichever limit comes first. */
export function shareDone({ maxSteps, maxSeconds }: ProgressLimits, step: number, seconds: number): number {
  return Math.min(1, Math.max(maxSteps ? step / maxSteps : 0, maxSeconds ? seconds / maxSeconds : 0))
}

/**
 * Shows a training run: a bar with the time left on a terminal, otherwise a plain line every ten seconds. Evaluations
 * and messages are lines in both.
 */
export class Progress {
  private readonly bars: MultiBar | undefined
  private readonly bar: SingleBar | undefined
  private readonly startShare: number
  private readonly startSeconds: number
  private payload = { loss: '–', rate: '–' }
  private lastLine = -Infinity

  constructor(
    private readonly limits: ProgressLimits,
    private readonly stream: ProgressStream,
    start: { step: number; seconds: number },
  ) {
    this.startSeconds = start.seconds
    this.startShare = shareDone(limits, start.step, start.seconds)
    if (!stream.isTTY) return
    const format = '{bar} {percentage}% | step {step} | loss {loss} | {rate} | {left} left'
    this.bars = new MultiBar({ format, stream, hideCursor: true, clearOnComplete: true, gracefulExit: false }, Presets.shades_grey)
    this.bar = this.bars.create(1000, this.startShare * 1000, { step: start.step, left: '–', ...this.payload })
  }

  private timeLeft(step: number, seconds: number): string {
    const share = shareDone(this.limits, step, seconds)
    const done = share - this.startShare
    return done > 0 ? formatDuration(((seconds - this.startSeconds) * (1 - share)) / done) : '–'
  }

  /** Call after every step. */
  step(step: number, seconds: number): void {
    this.bar?.update(Math.floor(shareDone(this.limits, step, seconds) * 1000), {
      step,
      left: this.timeLeft(step, seconds),
      ...this.payload,
    })
  }

  logged(entry: StepEntry): void {
    const { step, loss, learningRate, gradientNorm, tokensPerSecond, seconds } = entry
    this.payload = { loss: formatNumber(loss), rate: formatRate(tokensPerSecond) }
    if (this.bar || seconds - this.lastLine < LINE_SECONDS) return
    this.lastLine = seconds
    const of = this.limits.maxSteps ? `/${this.limits.maxSteps}` : ''
    this.message(
      `step ${step}${of} | loss ${formatNumber(loss)} | learning rate ${formatNumber(learningRate)} | ` +
        `gradient norm ${formatNumber(gradientNorm)} | ${formatRate(tokensPerSecond)} | ` +
        `${formatDuration(seconds)}, ${this.timeLeft(step, seconds)} left`,
    )
  }

  evaluated({ step, evaluation }: EvaluationEntry, best: boolean): void {
    const figures = Object.entries(evaluation).map(([name, value]) => `${name} ${formatNumber(value)}`)
    this.message(`step ${step} | evaluation: ${figures.join(', ')}${best ? ' (best so far)' : ''}`)
  }

  message(text: string): void {
    if (this.bars) this.bars.log(`${text}\n`)
    else this.stream.write(`${text}\n`)
  }

  stop(): void {
    this.bars?.update() // shows the messages that wait
    this.bars?.stop()
  }
}
