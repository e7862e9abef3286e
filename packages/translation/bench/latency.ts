/**
 * What someone waits for who translates line by line: loading, the first word, each further token.
 *
 *     npm run bench -- translation/latency --model FOLDER --data FILE [--lines 200] [--threads N] [--device cpu] [--runs 5]
 *
 * FILE has a sentence a line, or before the first tab of each. Every run is a fresh process; printed are the medians of
 * runs, and percentiles over the lines of all runs.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

interface Run {
  /** Milliseconds since the process began, until modules were there. */
  readonly imported: number
  readonly load: number
  /** The first token of the first line: everything for the first time. */
  readonly firstEver: number
  /** Per line, after five to warm up: milliseconds to the first token, to the end of the first word, and to the end; tokens. */
  readonly lines: readonly { readonly token: number; readonly word: number; readonly end: number; readonly tokens: number }[]
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' }, data: { type: 'string' }, lines: { type: 'string', default: '200' }, threads: { type: 'string' },
    device: { type: 'string' }, runs: { type: 'string', default: '5' }, child: { type: 'boolean', default: false },
  },
})
const { model, data, child } = values
if (model === undefined || data === undefined) throw new Error('Name a model folder and sentences: --model FOLDER --data FILE')

if (child) process.stdout.write(JSON.stringify(await measure(model, data)))
else report(Array.from({ length: Number(values.runs) }, measureInChild))

async function measure(model: string, data: string): Promise<Run> {
  const { Translator } = await import('../src/translator.js')
  const imported = performance.now()
  const options = { ...(values.threads && { threads: Number(values.threads) }), ...(values.device && { device: values.device as 'cpu' }) }
  const translator = await Translator.load(model, options)
  const load = performance.now() - imported
  const sentences = readFileSync(data, 'utf8').split('\n').map((line) => (line.split('\t')[0] as string).trim()).filter(Boolean)
  const count = Number(values.lines)
  const chosen = Array.from({ length: Math.min(count, sentences.length) }, (_, i) => sentences[Math.floor((i * sentences.length) / count)] as string)
  const lines = []
  for (const text of [...chosen.slice(0, 6), ...chosen]) {
    const started = performance.now()
    const since = () => performance.now() - started
    let [token, word] = [0, 0]
    const stream = translator.stream(text)
    let next = await stream.next()
    for (; !next.done; next = await stream.next()) {
      token ||= since()
      if (next.value.includes(' ')) word ||= since()
    }
    const end = since()
    lines.push({ token: token || end, word: word || end, end, tokens: next.value.hypotheses[0]?.tokenLogProbs.length ?? 0 })
  }
  translator.dispose()
  return { imported, load, firstEver: lines[0]?.token ?? 0, lines: lines.slice(6) }
}

function measureInChild(): Run {
  const flags = ['--conditions=@parlance/source', '--import', 'tsx', fileURLToPath(import.meta.url), ...process.argv.slice(2), '--child']
  const { stdout, status } = spawnSync(process.execPath, flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error('A run failed.')
  return JSON.parse(stdout) as Run
}

function report(runs: readonly Run[]): void {
  const lines = runs.flatMap((run) => run.lines)
  const tokens = lines.reduce((sum, line) => sum + line.tokens, 0)
  const after = lines.map(({ token, end, tokens }) => (end - token) / Math.max(1, tokens - 1))
  const row = (name: string, values: readonly number[]) =>
    [name.padEnd(34), ...[0.5, 0.9, 0.99].map((share) => quantile(values, share).toFixed(1).padStart(8))].join('')
  console.log(`${runs.length} runs of ${runs[0]?.lines.length} lines, ${(tokens / lines.length).toFixed(1)} tokens a line\n`)
  for (const [name, of] of Object.entries({ 'modules imported': 'imported', 'model loaded': 'load', 'first token of the first line': 'firstEver' } as const)) {
    console.log(`${name.padEnd(34)}${quantile(runs.map((run) => run[of]), 0.5).toFixed(1).padStart(8)} ms`)
  }
  console.log(`\n${'warm, ms'.padEnd(34)}     50%     90%     99%`)
  console.log(row('first token', lines.map(({ token }) => token)))
  console.log(row('first word complete', lines.map(({ word }) => word)))
  console.log(row('each further token', after))
  console.log(row('line complete', lines.map(({ end }) => end)))
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
}
