import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateParallel } from '@parlance/corpora'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const pairs = generateParallel({ seed: 1, pairs: 60 })
const small = [
  '--vocab-size', '360', '--width', '32', '--encoder-layers', '1', '--decoder-layers', '1', '--dropout', '0', '--batch-tokens', '500',
  '--batch-shapes', '2', '--warmup-steps', '20', '--learning-rate', '0.01', '--evaluate-sentences', '10', '--average-decay', '0', '--threads', '1',
]
let folder: string
let model: string
const path = (name: string) => join(folder, name)

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', main, ...args], { encoding: 'utf8' })
}

// Both directions of a made-up language, long enough to end most sentences.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-corpus-'))
  model = path('model')
  writeFileSync(path('pairs.tsv'), pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  const data = `en-xx=${path('pairs.tsv')}`
  const { status, stderr } = run('train', '--data', data, '--valid', data, '--output', model, '--directions', 'both', '--max-steps', '150', '--json', ...small)
  expect(status, stderr).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('parlance-translate back-translate and distill', () => {
  it('make sources or targets in the language that is wanted', () => {
    const [synthetic, distilled] = [path('synthetic.tsv'), path('distilled.tsv')]
    writeFileSync(path('mono.txt'), pairs.map(({ target }) => `${target}\n`).join(''))
    const back = run('back-translate', '--model', model, '--to', 'en', '--input', path('mono.txt'), '--output', synthetic, '--method', 'greedy', '--tag', '--threads', '1', '--json')
    expect(back.status, back.stderr).toBe(0)
    const { written, leftOut } = JSON.parse(back.stdout) as { written: number; leftOut: number }
    expect(written + leftOut).toBe(60)
    const lines = readFileSync(synthetic, 'utf8').trimEnd().split('\n')
    expect(lines.length).toBe(written)
    const targets = new Set(pairs.map(({ target }) => target))
    for (const line of lines) expect(line.startsWith('<bt> ') && targets.has(line.split('\t')[1]!)).toBe(true)

    const distill = run('distill', '--model', model, '--to', 'xx', '--input', path('pairs.tsv'), '--output', distilled, '--beam-size', '2', '--threads', '1')
    expect(distill.status, distill.stderr).toBe(0)
    expect(distill.stdout).toMatch(/distilled\.tsv: \d+ pairs/)
    const sources = new Set(pairs.map(({ source }) => source))
    for (const line of readFileSync(distilled, 'utf8').trimEnd().split('\n')) expect(sources.has(line.split('\t')[0]!)).toBe(true)

    const data = `en-xx=${path('pairs.tsv')}`
    const train = run(
      'train', '--data', data, '--valid', data, '--synthetic', `en-xx=${synthetic}`, '--upsample', '2', '--init', model, '--output', path('more'),
      '--max-steps', '2', ...small,
    )
    expect(train.status, train.stderr).toBe(0)
    expect(train.stderr).toMatch(/synthetic\.tsv:\npairs read +\d+\n/)
    const student = run('train', '--data', data, '--valid', data, '--teacher', model, '--output', path('student'), '--max-steps', '2', '--metric', 'chrf', ...small)
    expect(student.status, student.stderr).toBe(0)
    expect(student.stdout).toMatch(/student: 2 steps in \d+ s, validation chrF [\d.]+ at step 2\./)
  })

  it.each<[string, () => string[], number, RegExp]>([
    ['a beam for draws', () => ['back-translate', '--method', 'sampling', '--beam-size', '3'], 2, /--beam-size is for --method beam, got sampling/],
    ['an unknown method', () => ['back-translate', '--method', 'magic'], 2, /'magic' is invalid. Allowed choices are beam, greedy, sampling/],
    ['no language', () => ['distill'], 2, /The model translates into en, xx: say into which of them/],
    ['an unknown language', () => ['distill', '--to', 'fr'], 2, /The model does not translate into "fr": it knows en, xx/],
    ['an output that is there', () => ['distill', '--to', 'xx', '--output', path('pairs.tsv')], 2, /pairs\.tsv is there already/],
  ])('reject %s in one line', (_, args, wanted, message) => {
    const [command = '', ...flags] = args()
    const output = flags.includes('--output') ? [] : ['--output', path('never.tsv')]
    const { status, stdout, stderr } = run(command, '--model', model, '--input', path('pairs.tsv'), ...output, ...flags)
    expect({ status, stdout }).toEqual({ status: wanted, stdout: '' })
    expect(stderr).toMatch(/^parlance-translate: [^\n]+\n$/)
    expect(stderr).toMatch(message)
    expect(existsSync(path('never.tsv'))).toBe(false)
  })
})
