import fs from 'node:fs'
import { join } from 'node:path'
import { writeError, writeFileAtomic } from '@parlance/runtime'
import { UsageError } from '../errors.js'
import { readJson } from '../files.js'

/** Fields of a config, by their last name, that a resumed run may change: they decide how long and where, not what. */
const MAY_CHANGE = new Set([
  'epochs',
  'maxSteps',
  'maxSeconds',
  'maxMinutes',
  'patience',
  'logEvery',
  'evaluateEvery',
  'checkpointEvery',
  'device',
  'threads',
])

/** The fields, by their dotted names, in which two JSON values differ, except those of the names `mayChange`. */
export function* differences(
  before: unknown,
  now: unknown,
  mayChange: ReadonlySet<string> = new Set(),
  path = '',
): Generator<string> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject(before) && isObject(now)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
      if (mayChange.has(name)) continue
      yield* differences(before[name], now[name], mayChange, path === '' ? name : `${path}.${name}`)
    }
  } else if (JSON.stringify(before) !== JSON.stringify(now)) {
    yield `${path} was ${JSON.stringify(before)} and is now ${JSON.stringify(now)}`
  }
}

/** What is in the folder of a run. */
export class RunFolder {
  readonly model: string
  readonly log: string
  readonly report: string
  private readonly config: string

  constructor(readonly path: string) {
    this.model = join(path, 'model.safetensors')
    this.log = join(path, 'log.jsonl')
    this.report = join(path, 'report.html')
    this.config = join(path, 'config.json')
  }

  /**
   * Makes the folder and writes the config and the files that go with the model.
   *
   * @throws UsageError when something is there that would be overwritten.
   */
  create(config: unknown, files: Readonly<Record<string, string>>): void {
    if (fs.existsSync(this.model) || fs.existsSync(join(this.path, 'state', 'checkpoint.json'))) {
      throw new UsageError(`${this.path} holds a model already: resume that run, or name another folder.`)
    }
    try {
      fs.mkdirSync(this.path, { recursive: true })
    } catch (error) {
      throw writeError(this.path, error)
    }
    this.writeConfig(config)
    for (const [name, content] of Object.entries(files)) writeFileAtomic(join(this.path, name), content)
  }

  /**
   * Checks that the run in the folder is the one that `config` and `files` describe.
   *
   * @throws UsageError when they differ in what decides the result.
   */
  reopen(config: unknown, files: Readonly<Record<string, string>>): void {
    const changed = [...differences(readJson(this.config), JSON.parse(JSON.stringify(config)), MAY_CHANGE)]
    if (changed.length > 0) {
      throw new UsageError(
        `${this.path} was started with another config: ${changed.slice(0, 3).join('; ')}. ` +
          'Resume with the same config, or name another folder.',
      )
    }
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name)
      if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== content) {
        throw new UsageError(`${file} is not the one given now: resume with the same, or name another folder.`)
      }
    }
    this.writeConfig(config)
  }

  private writeConfig(config: unknown): void {
    writeFileAtomic(this.config, `${JSON.stringify(config, null, 2)}\n`)
  }
}
