import { SingleBar } from 'cli-progress'
import type { CorpusProgress } from '../text/corpus.js'
import type { TrainingProgress } from '../word2vec/options.js'

/** Shows reading as a count and training as a bar with words a second and the time left. For terminals only. */
export class TrainingBar {
  private bar: SingleBar | undefined

  constructor(private readonly stream: NodeJS.WritableStream) {}

  read({ tokens, distinctWords }: CorpusProgress): void {
    this.stream.write(`\rreading: ${thousands(tokens)} words, ${thousands(distinctWords)} different `)
  }

  train({ words, totalWords, seconds }: TrainingProgress): void {
    if (!this.bar) {
      this.stream.write('\r')
      const format = 'training {bar} {percentage}% | {rate} words/s | {left} left'
      this.bar = new SingleBar({ format, stream: this.stream, clearOnComplete: true, gracefulExit: false })
      this.bar.start(totalWords, 0, { rate: '–', left: '–' })
    }
    const rate = words / Math.max(seconds, 1e-3)
    const left = rate > 0 ? `${Math.ceil((totalWords - words) / rate)} s` : '–'
    this.bar.update(Math.min(words, totalWords), { rate: thousands(Math.round(rate)), left })
  }

  stop(): void {
    this.bar?.stop()
  }
}

function thousands(value: number): string {
  return value.toLocaleString('en')
}
