import fs from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { writeError, writeFileAtomic } from '@parlance/runtime'
import { UsageError } from '../errors.js'
import { differences } from '../training/run-folder.js'
import type { Parameters } from './space.js'

const parameterValue = z.union([z.number(), z.string(), z.boolean()])

const headerLine = z.object({ search: z.record(z.string(), z.unknown()) })
const trialLine = z.object({ trial: z.int().min(0), parameters: z.record(z.string(), parameterValue) })
const runLine = z.object({
  trial: z.int().min(0),
  rung: z.int().min(0),
  /** What the objective gave, null where it failed. */
  metric: z.number().nullable(),
  /** Why it failed, otherwise null. */
  failed: z.string().nullable(),
  /** What was reported, as [step, metric]. */
  curve: z.array(z.tuple([z.number(), z.number()])),
  seconds: z.number(),
})
const line = z.union([headerLine, runLine, trialLine])

/** What came of one trial in one rung. */
export type RunRecord = z.infer<typeof runLine>

/** The folder of a search: `search.jsonl` (what is searched, the trials' parameters, what came of each) and `trials/`. */
export class SearchFolder {
  private readonly file: string
  private readonly runs = new Map<string, RunRecord>()

  /**
   * Makes the folder, or goes on with the search in it.
   *
   * @param search everything that decides the result besides the objective, as JSON
   * @param trials the parameters of every trial
   * @throws UsageError when the folder holds another search or anything else
   * @throws Error, one line, when its log is damaged or it cannot be written
   */
  constructor(
    readonly path: string,
    search: Readonly<Record<string, unknown>>,
    trials: readonly Parameters[],
  ) {
    this.file = join(path, 'search.jsonl')
    const lines: z.infer<typeof line>[] = fs.existsSync(this.file) ? readLines(this.file) : [{ search }]
    if (!fs.existsSync(this.file)) makeFolder(path)
    const [header, ...records] = lines
    if (!header || !('search' in header)) throw new Error(`${this.file} does not begin with what is searched: name another folder.`)
    this.refuse([...differences(header.search, JSON.parse(JSON.stringify(search)))])
    const known = new Set<number>()
    for (const record of records) {
      if ('rung' in record) this.runs.set(key(record.trial, record.rung), record)
      else if ('parameters' in record) {
        const now = trials[record.trial]
        known.add(record.trial)
        if (now && !isDeepStrictEqual({ ...now }, record.parameters)) {
          this.refuse([`trial ${record.trial} had ${JSON.stringify(record.parameters)} and has now ${JSON.stringify(now)}`])
        }
      }
    }
    const added = trials.flatMap((parameters, trial) => (known.has(trial) ? [] : [{ trial, parameters }]))
    const content = [...lines, ...added].map((entry) => `${JSON.stringify(entry)}\n`).join('')
    writeFileAtomic(this.file, content) // also without a last line that was cut short
  }

  private refuse(changes: readonly string[]): void {
    if (changes.length === 0) return
    throw new UsageError(
      `${this.path} holds another search: ${changes.slice(0, 3).join('; ')}. Go on with the same, or name another folder.`,
    )
  }

  /** What came of a trial in a rung, unless that is still to be done. */
  run(trial: number, rung: number): RunRecord | undefined {
    return this.runs.get(key(trial, rung))
  }

  /** Where a trial keeps what it needs to go on, and its model, of one rung. */
  trialFolder(trial: number, rung: number): string {
    return join(this.path, 'trials', String(trial), `rung-${rung}`)
  }

  /** Makes the folder of a run as the rung before left it, whatever an unfinished run left in it. */
  prepare(trial: number, rung: number): string {
    const folder = this.trialFolder(trial, rung)
    try {
      fs.rmSync(folder, { recursive: true, force: true })
      if (rung > 0) fs.cpSync(this.trialFolder(trial, rung - 1), folder, { recursive: true })
      else fs.mkdirSync(folder, { recursive: true })
    } catch (error) {
      throw writeError(folder, error)
    }
    return folder
  }

  /**
   * Records what came of a run; from then on it is not done again, and what the rung before left is removed.
   *
   * @throws Error, one line, when it cannot be written
   */
  record(run: RunRecord): void {
    try {
      const descriptor = fs.openSync(this.file, 'a')
      try {
        fs.writeSync(descriptor, `${JSON.stringify(run)}\n`)
        fs.fsyncSync(descriptor)
      } finally {
        fs.closeSync(descriptor)
      }
      if (run.rung > 0) fs.rmSync(this.trialFolder(run.trial, run.rung - 1), { recursive: true, force: true })
    } catch (error) {
      throw writeError(this.file, error)
    }
    this.runs.set(key(run.trial, run.rung), run)
  }
}

const key = (trial: number, rung: number): string => `${trial}/${rung}`

/** The lines of a log; a last line that was cut short is left out. */
function readLines(file: string): z.infer<typeof line>[] {
  const texts = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return texts.map((text, i) => {
    try {
      return line.parse(JSON.parse(text))
    } catch (error) {
      throw new Error(`${file}: line ${i + 1} is not one of a search: restore the file, or name another folder.`, { cause: error })
    }
  })
}

function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true })
  } catch (error) {
    throw writeError(path, error)
  }
  // Names with a dot may be what a killed process left of the log.
  if (fs.readdirSync(path).some((name) => !name.startsWith('.'))) {
    throw new UsageError(`${path} holds other files and no search: name a new folder.`)
  }
}
