import { SingleBar } from 'cli-progress'

/** Seconds of reading before anything is shown: small corpora need no bar. */
const SILENT = 3
/** Seconds between lines where there is no terminal. */
const LINE_SECONDS = 30

/** Shows how many recordings are read: a bar with the time left on a terminal, else a line now and then. */
export class ReadingProgress {
  private readonly started = performance.now()
  private bar: SingleBar | undefined
  private lastLine = 0

  constructor(private readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean }, private readonly total: number) {}

  done(count: number): void {
    const seconds = (performance.now() - this.started) / 1000
    if (seconds > SILENT) this.show(count, seconds)
  }

  /** To be called however the reading ends: a bar redraws itself, and keeps the process alive for it. */
  stop(): void {
    this.bar?.stop()
  }

  private show(count: number, seconds: number): void {
    if (this.stream.isTTY) {
      if (!this.bar) {
        this.bar = new SingleBar({ format: 'reading {bar} {value} of {total} recordings | {eta_formatted} left', stream: this.stream, clearOnComplete: true, gracefulExit: false })
        this.bar.start(this.total, count)
      }
      this.bar.update(count)
    } else if (seconds - this.lastLine >= LINE_SECONDS) {
      this.lastLine = seconds
      this.stream.write(`reading recordings: ${count} of ${this.total}\n`)
    }
  }
}
