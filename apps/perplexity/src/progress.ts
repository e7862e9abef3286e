import { Presets, SingleBar } from 'cli-progress'

/** Runs work that reports how much of it is done, with a bar and the time left on a terminal. */
export function withProgress<T>(label: string, work: (report: (done: number, total: number) => void) => T): T {
  if (!process.stderr.isTTY) return work(() => {})
  const format = `${label} {bar} {percentage}% | {eta_formatted} left`
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic)
  let started = false
  try {
    return work((done, total) => {
      if (!started) bar.start(total, 0)
      started = true
      bar.update(done)
      bar.render() // the work holds the event loop, and with it the bar's timer
    })
  } finally {
    if (started) bar.stop()
  }
}
