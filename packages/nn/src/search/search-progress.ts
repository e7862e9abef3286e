import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { formatDuration, formatNumber } from '../training/format.js'
import type { ProgressStream } from '../training/progress.js'

/** Where a search is. */
export interface SearchState {
  trial: number
  rung: number
  /** Steps until the end of the search, and of how many. */
  left: number
  total: number
  /** Seconds until then; undefined while nobody knows. */
  secondsLeft: number | undefined
  best: number | undefined
}

const LINE_SECONDS = 10

/** Shows a search: a bar with the time left on a terminal, otherwise a plain line every ten seconds. */
export class SearchProgress {
  private readonly bars: MultiBar | undefined
  private readonly bar: SingleBar | undefined
  private lastLine = -Infinity

  constructor(private readonly stream: ProgressStream) {
    if (!stream.isTTY) return
    const format = '{bar} {percentage}% | {text}'
    this.bars = new MultiBar({ format, stream, hideCursor: true, clearOnComplete: true, gracefulExit: false }, Presets.shades_grey)
    this.bar = this.bars.create(1000, 0, { text: '' })
  }

  update({ trial, rung, left, total, secondsLeft, best }: SearchState): void {
    const share = 1 - left / total
    const text = [
      `trial ${trial}, rung ${rung}`,
      `best ${best === undefined ? '–' : formatNumber(best)}`,
      `${secondsLeft === undefined ? '–' : formatDuration(secondsLeft)} left`,
    ].join(' | ')
    this.bar?.update(Math.floor(share * 1000), { text })
    const now = performance.now() / 1000
    if (this.bar || now - this.lastLine < LINE_SECONDS) return
    this.lastLine = now
    this.message(`${Math.floor(share * 100)}% | ${text}`)
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
