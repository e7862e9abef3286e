import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '@parlance/nn/command-line'
import { graphTrainingSchema } from '../graph/config.js'
import { ringGraph } from '../graph/testing.js'
import { runCli } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-cli-'))
const at = (name: string) => join(folder, name)
const [train, valid, test] = ['train.txt', 'valid.txt', 'test.txt'].map(at) as [string, string, string]
const DEVICE = ['--device', 'cpu', '--threads', '1']

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await runCli(['graph', ...args], { stdin: Readable.from([]), stdout, stderr })
  return { code, out: stdout.read()?.toString() ?? '', err: stderr.read()?.toString() ?? '' }
}

beforeAll(() => {
  const { entities, relations, splits } = ringGraph()
  for (const [file, part] of [[train, splits.train], [valid, splits.valid], [test, splits.test]] as const) {
    const lines = [...part.heads].map((head, i) => [entities.names[head], relations.names[part.relations[i]!], entities.names[part.tails[i]!]].join('\t'))
    writeFileSync(file, `${lines.join('\n')}\n`)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('parlance-embed graph', () => {
  it('trains by config and flags, measures, and measures again', async () => {
    writeFileSync(at('config.json'), JSON.stringify({ model: 'distmult', dim: 8, epochs: 2, batch: 32, evaluateEvery: 1 }))
    const flags = ['--train', train, '--valid', valid, '--test', test, '-o', at('model'), '--config', at('config.json'), '--model', 'complex', '--no-reciprocal']
    const trained = await run('train', ...flags, ...DEVICE, '--json')
    expect(trained.code, trained.err).toBe(0)
    const result = JSON.parse(trained.out)
    expect(result).toMatchObject({ reason: 'maxSteps', output: at('model'), test: { signature: 'filtered|ties:realistic|candidates:all entities|both sides' } })
    expect(JSON.parse(readFileSync(join(at('model'), 'config.json'), 'utf8')).training).toMatchObject({ model: 'complex', dim: 8, reciprocal: false })
    const filters = ['--filter', train, '--filter', valid]
    const again = JSON.parse((await run('evaluate', '-m', at('model'), '--triples', test, ...filters, '--per-relation', '--json', ...DEVICE)).out)
    expect(again.mrr).toBeCloseTo(result.test.mrr, 6)
    expect(Object.keys(again.relations).toSorted()).toEqual(['plus1', 'plus2', 'plus5'])
    const raw = await run('evaluate', '-m', at('model'), '--triples', test, ...DEVICE)
    expect(raw.out).toMatch(/^all: MRR 0\.\d{4}, Hits@1 .*12 queries\n {2}95% interval of the MRR: .*raw\|ties:realistic/)
  })

  it('says what is wrong with flags, files and triples', async () => {
    expect(await run('train', '-o', at('x'))).toMatchObject({ code: 2, err: expect.stringContaining('--train') as string })
    const odd = await run('train', '--train', train, '-o', at('x'), '--dim', '7', ...DEVICE)
    expect(odd).toMatchObject({ code: 2, err: 'parlance-embed: the command line: field "dim": must be even for complex, got 7.\n' })
    writeFileSync(at('new.txt'), 'e0\tplus1\tnobody\n')
    const unknown = await run('evaluate', '-m', at('model'), '--triples', at('new.txt'), ...DEVICE)
    expect(unknown).toMatchObject({ code: 1, err: expect.stringMatching(/new\.txt, line 1: the model does not know the entity "nobody"/) as string })
  })

  it('comes with configs that are valid', () => {
    const configs = fileURLToPath(new URL('../../configs/graph', import.meta.url))
    const files = readdirSync(configs)
    expect(files).toHaveLength(8)
    for (const file of files) {
      const { model } = parseConfig(graphTrainingSchema, JSON.parse(readFileSync(join(configs, file), 'utf8')), file)
      expect(file).toContain(model)
    }
  })
})
