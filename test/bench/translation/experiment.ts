import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bleu, bleuStatistics, chrf, pairedBootstrap, scoreInterval } from '@parlance/metrics'
import { readLog } from '@parlance/nn'
import { Random } from '@parlance/runtime'
import { type Pair, readPairs, spread, Translator } from '@parlance/translation'

const root = path.resolve(import.meta.dirname, '../../..')

export interface Experiment {
  /** The folder of `train.tsv`, `valid.tsv`, `test.tsv`. */
  readonly data: string
  /** Minutes of each training. */
  readonly minutes: number
  /** The folder that holds all that the experiment makes. A stage whose result is there is not done again. */
  readonly output: string
  /** The pairs that models are compared on. */
  readonly test: readonly Pair[]
  /** Over the settings of every training: to try the experiment out. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Threads of each stage, as flags of the command line. */
  readonly threads: readonly string[]
  /** The other options. */
  readonly options: Readonly<Record<string, string | undefined>>
}

/** What a model says of the test pairs. */
export interface Outcome {
  readonly name: string
  readonly folder: string
  readonly translations: readonly string[]
  /** Of the translation of all test pairs with beam 4, the loading left out. */
  readonly seconds: number
}

/** @param more the experiment's own options, each with a value */
export function readExperiment(name: string, more: readonly string[] = []): Experiment {
  const text = { type: 'string' } as const
  const own = Object.fromEntries(more.map((option) => [option, text]))
  const known = { data: text, minutes: text, output: text, limit: text, split: text, settings: text, threads: text }
  const parsed = parseArgs({ options: { ...known, ...own } })
  const values: Readonly<Record<string, string | undefined>> = parsed.values as Record<string, string>
  const { data, minutes, output = path.join(root, 'runs', name), limit, split = 'test', settings = '{}', threads } = values
  if (data === undefined || !(Number(minutes) > 0)) {
    const others = more.map((option) => ` [--${option} …]`).join('')
    console.error(`npm run bench -- translation/${name} --data FOLDER --minutes N [--output FOLDER] [--split test|valid] [--limit N] [--threads N] [--settings JSON]${others}`)
    process.exit(2)
  }
  mkdirSync(output, { recursive: true })
  return {
    data,
    minutes: Number(minutes),
    output,
    test: spread(readPairs([path.join(data, `${split}.tsv`)]), limit === undefined ? undefined : Number(limit)),
    settings: JSON.parse(settings) as Record<string, unknown>,
    threads: threads === undefined ? [] : ['--threads', threads],
    options: Object.fromEntries(more.map((option) => [option, values[option]])),
  }
}

/** The same order every time. */
export function shuffled(pairs: readonly Pair[]): Pair[] {
  return Array.from(new Random(1, 'experiment').permutation(pairs.length), (place) => pairs[place] as Pair)
}

export function writePairs(file: string, pairs: readonly Pair[]): string {
  writeFileSync(file, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  return file
}

/** Runs the command line, whose progress goes to the terminal, and returns its result. Ends the experiment when it fails. */
function translateCommand(...args: readonly string[]): unknown {
  console.error(`\n$ parlance-translate ${args.join(' ')}`)
  const main = path.join(root, 'apps/translate/src/main.ts')
  const flags = ['--conditions=@parlance/source', '--import', 'tsx', main, ...args, '--json']
  const { status, stdout } = spawnSync(process.execPath, flags, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (status !== 0) process.exit(status ?? 1)
  return JSON.parse(stdout)
}

/** Trains a model unless it is trained; one that was stopped is gone on with. */
export function trainModel({ output, minutes, settings, threads }: Experiment, name: string, config: object, flags: readonly string[]): string {
  const folder = path.join(output, name)
  const done = path.join(output, `${name}.done`)
  if (existsSync(done)) return folder
  const file = path.join(output, `${name}.config.json`)
  writeFileSync(file, JSON.stringify({ maxMinutes: minutes, ...config, ...settings }, null, 2))
  const resume = existsSync(path.join(folder, 'config.json')) ? ['--resume'] : []
  const { reason } = translateCommand('train', '--config', file, '--output', folder, ...flags, ...threads, ...resume) as { reason: string }
  if (reason === 'interrupted') process.exit(130)
  writeFileSync(done, '')
  return folder
}

/** Makes a file of pairs by a model unless it is there. */
export function makePairs({ output, threads }: Experiment, command: 'back-translate' | 'distill', name: string, flags: readonly string[]): string {
  const file = path.join(output, name)
  if (!existsSync(file)) translateCommand(command, '--output', file, ...flags, ...threads)
  return file
}

/** Translates the test sources with beam 4, unless that was done. */
export async function translateTest({ output, test, threads }: Experiment, name: string, folder: string, to?: string): Promise<Outcome> {
  const file = path.join(output, `${name}.${test.length}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Outcome
  const translator = await Translator.load(folder, threads.length === 0 ? {} : { threads: Number(threads[1]) })
  const started = performance.now()
  const translations = await translator.translate(test.map(({ source }) => source), { beamSize: 4, ...(to !== undefined && { to }) })
  const outcome: Outcome = { name, folder, translations: translations.map(({ text }) => text), seconds: (performance.now() - started) / 1000 }
  translator.dispose()
  writeFileSync(file, JSON.stringify(outcome))
  return outcome
}

/** Steps, seconds and target tokens per second of a training, the median of its log. */
function trainingFigures(folder: string): { steps: number; minutes: number; rate: number } {
  const log = readLog(path.join(folder, 'log.jsonl'))
  const rates = log.flatMap((entry) => ('tokensPerSecond' in entry ? entry.tokensPerSecond : [])).sort((a, b) => a - b)
  return { steps: log.at(-1)?.step ?? 0, minutes: (log.at(-1)?.seconds ?? 0) / 60, rate: rates[rates.length >> 1] ?? 0 }
}

/** A table of all models; each after the first is compared with it. */
export function printTable({ test }: Experiment, outcomes: readonly Outcome[]): void {
  const references = test.map(({ target }) => target)
  const rows = outcomes.map(({ name, folder, translations, seconds }, i) => {
    const statistics = bleuStatistics(translations, references)
    const { low, high } = scoreInterval(statistics, { seed: 1 })
    const { steps, minutes, rate } = trainingFigures(folder)
    const words = translations.reduce((sum, text) => sum + text.split(/\s+/u).length, 0)
    const row = [
      name,
      bleu(translations, references).score.toFixed(2),
      `${low.toFixed(1)}–${high.toFixed(1)}`,
      chrf(translations, references).score.toFixed(2),
      minutes.toFixed(1),
      String(steps),
      rate.toFixed(0),
      (words / seconds).toFixed(0),
    ]
    if (i === 0) return [...row, '']
    const { difference, interval, pValue } = pairedBootstrap(bleuStatistics((outcomes[0] as Outcome).translations, references), statistics, { seed: 1 })
    return [...row, `${difference.toFixed(2)} (${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}, p = ${pValue.toFixed(3)})`]
  })
  const first = outcomes[0]?.name ?? ''
  console.log(`\n${test.length} pairs, beam 4, one reference, cased; 95% intervals by bootstrap`)
  console.log(`| model | BLEU | interval | chrF | minutes | steps | target tokens/s in training | words/s translating | BLEU − ${first} |`)
  console.log(`|---|${'---:|'.repeat(8)}`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}
