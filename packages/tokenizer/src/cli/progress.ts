import { SingleBar } from 'cli-progress'
import type { BpeTrainProgress } from '../bpe-train.js'

/** Bars for the stages of BPE training. `totalBytes`: size of the texts, 0 if it is not known (no bar for reading). */
export function progressBars(
  stream: NodeJS.WritableStream,
  totalBytes: number,
): { update: (progress: BpeTrainProgress) => void; stop: () => void } {
  let bar: SingleBar | undefined
  let stage: BpeTrainProgress['stage'] | undefined
  const start = (total: number, label: string): void => {
    bar?.stop()
    bar = new SingleBar({ stream, format: `${label} {bar} {percentage}% | ETA {eta_formatted}`, clearOnComplete: true })
    bar.start(total, 0)
  }
  return {
    update: (progress) => {
      const total = progress.total ?? totalBytes
      if (total === 0) return
      if (progress.stage !== stage) start(total, progress.stage === 'count' ? 'reading' : 'merging')
      stage = progress.stage
      bar?.update(progress.done)
    },
    stop: () => bar?.stop(),
  }
}
