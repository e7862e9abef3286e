import { SingleBar } from 'cli-progress'
import type { CorpusProgress } from '../text/corpus.js'
import type { EpochProgress } from '../threads/run-epochs.js'

/** Shows reading as a count and training as a bar with the rate and the time left. For terminals only. */
export class TrainingBar {
  private bar: SingleBar | undefined

  /** @param unit of what is counted while training */
  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly unit = 'words',
  ) {}

  read({ tokens, distinctWords }: CorpusProgress): void {
    this.stream.write(`\rreading: ${thousands(tokens)} words, ${thousands(distinctWords)} different `)
  }

  train({ done, total, seconds }: EpochProgress): void {
    if (!this.bar) {
      this.stream.write('\r')
      const format = `training {bar} {percentage}% | {rate} ${this.unit}/s | {left} left`
      this.bar = new SingleBar({ format, stream: this.stream, clearOnComplete: true, gracefulExit: false })
      this.bar.start(total, 0, { rate: '–', left: '–' })
    }
    const rate = done / Math.max(seconds, 1e-3)
    const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s` : '–'
    this.bar.update(Math.min(done, total), { rate: thousands(Math.round(rate)), left })
  }

  stop(): void {
    this.bar?.stop()
  }
}

function thousands(value: number): string {
  return value.toLocaleString('en')
}
