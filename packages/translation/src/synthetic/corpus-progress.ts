/** Where progress is shown: on a terminal a line that is written over, elsewhere a line now and then. */
export type CorpusStream = { write(text: string): unknown; readonly isTTY?: boolean }

const LINE_SECONDS = 10

/** Sentences done, per second, and the time left. */
export class CorpusProgress {
  private readonly started = performance.now()
  private lastLine = -Infinity

  constructor(
    private readonly stream: CorpusStream,
    private readonly total: number,
    private readonly first: number,
  ) {
    if (first > 0) stream.write(`Going on after ${first} of ${total} sentences.\n`)
  }

  done(sentences: number): void {
    const seconds = (performance.now() - this.started) / 1000
    if (!this.stream.isTTY && seconds - this.lastLine < LINE_SECONDS) return
    this.lastLine = seconds
    const rate = (sentences - this.first) / Math.max(seconds, 1e-9)
    const left = Math.round((this.total - sentences) / rate)
    const text = `${sentences} of ${this.total} sentences, ${rate.toFixed(1)} a second, ${Math.floor(left / 60)}m${String(left % 60).padStart(2, '0')}s left`
    this.stream.write(this.stream.isTTY ? `\r\u001B[K${text}` : `${text}\n`)
  }

  end(): void {
    if (this.stream.isTTY) this.stream.write('\n')
  }
}
