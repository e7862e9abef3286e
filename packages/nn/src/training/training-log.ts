import fs from 'node:fs'
import { writeError, writeFileAtomic } from '@parlance/runtime'

/** One line of `log.jsonl` for a logged step: what happened since the previous one. */
export interface StepEntry {
  step: number
  /** Sum of the losses over count of their terms. */
  loss: number
  /** Of this step. */
  learningRate: number
  /** Mean over the steps of the norm before clipping. */
  gradientNorm: number
  /** Loss terms per second, without evaluation and checkpoints. */
  tokensPerSecond: number
  /** Wall-clock seconds of training so far, over all resumes. */
  seconds: number
}

/** One line of `log.jsonl` for an evaluation. */
export interface EvaluationEntry {
  step: number
  evaluation: Record<string, number>
  seconds: number
}

export type LogEntry = StepEntry | EvaluationEntry

/** The entries of a log; a last line that was cut short is left out. */
export function readLog(file: string): LogEntry[] {
  if (!fs.existsSync(file)) return []
  const entries: LogEntry[] = []
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    try {
      const entry = JSON.parse(line) as LogEntry | null
      if (Number.isSafeInteger(entry?.step)) entries.push(entry as LogEntry)
    } catch {
      // An empty line, or one that a killed run did not finish.
    }
  }
  return entries
}

/** `log.jsonl`, one JSON object per line, appended as training goes. */
export class TrainingLog {
  private readonly descriptor: number

  /** Opens the log cut back to what happened up to `step`, so that a resumed run repeats no entry. */
  constructor(
    readonly file: string,
    step: number,
  ) {
    const kept = readLog(file).filter((entry) => entry.step <= step)
    writeFileAtomic(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    this.descriptor = fs.openSync(file, 'a')
  }

  /** @throws Error, one line, when it cannot be written, for example because the disk is full. */
  append(entry: LogEntry): void {
    try {
      fs.writeSync(this.descriptor, `${JSON.stringify(entry)}\n`)
    } catch (error) {
      throw writeError(this.file, error)
    }
  }

  close(): void {
    fs.closeSync(this.descriptor)
  }
}
