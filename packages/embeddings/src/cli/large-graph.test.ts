import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-large-graph-cli-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await runCli(args, { stdin: Readable.from([]), stdout, stderr })
  return { code, out: stdout.read()?.toString() ?? '', err: stderr.read()?.toString() ?? '' }
}

const triples = Array.from({ length: 40 }, (_, i) => `e${i}\tnext\te${(i + 1) % 40}\n`)
writeFileSync(at('edges.tsv'), triples.join(''))

describe('parlance-embed large-graph', () => {
  it('trains, goes on, ranks, adds entities and writes vectors', async () => {
    const flags = ['-o', at('model'), '--dim', '8', '--threads', '1', '--json']
    const trained = await run('large-graph', 'train', '--edges', at('edges.tsv'), '--partitions', '2', '--operator', 'diagonal', '--epochs', '3', ...flags)
    expect(trained.code, trained.err).toBe(0)
    expect(JSON.parse(trained.out)).toMatchObject({ epochs: 3, interrupted: false, edges: 40 })
    expect(JSON.parse((await run('large-graph', 'train', '--resume', '--epochs', '5', ...flags)).out)).toMatchObject({ epochs: 2 })
    const ranked = await run('large-graph', 'evaluate', '-m', at('model'), '--edges', at('edges.tsv'), '--filter', at('edges.tsv'))
    expect(ranked.out).toMatch(/^MRR 0\.\d{4} \(95% interval .*80 queries; filtered\|ties:realistic\|candidates:all entities of the type\|both sides\n$/)
    writeFileSync(at('new.tsv'), 'new\tnext\te3\n')
    const grown = await run('large-graph', 'add', '-m', at('model'), '--edges', at('new.tsv'), '-o', at('grown'), '--threads', '1', '--json')
    expect(JSON.parse(grown.out)).toMatchObject({ added: 1, epochs: 5 })
    expect((await run('large-graph', 'vectors', '-m', at('grown'), '-o', at('grown.vec'))).out).toBe(`${at('grown.vec')}: 41 entities of 8 dimensions\n`)
    expect((await run('nearest', '-v', at('grown.vec'), 'new', '-k', '1')).code).toBe(0)
  })

  it('says what is wrong', async () => {
    expect(await run('large-graph', 'train', '-o', at('x'))).toMatchObject({ code: 2, err: expect.stringContaining("name edges by '--edges'") as string })
    expect(await run('large-graph', 'train', '--edges', at('edges.tsv'), '-o', at('x'), '--dim', '12')).toMatchObject({ code: 2, err: expect.stringContaining('field "dim"') as string })
    writeFileSync(at('odd.tsv'), 'a next b\n')
    expect(await run('large-graph', 'train', '--edges', at('odd.tsv'), '-o', at('x'))).toMatchObject({ code: 1, err: expect.stringMatching(/odd\.tsv, line 1: expected left entity, relation and right entity with a tab between each, got "a next b"/) as string })
    expect(await run('large-graph', 'vectors', '-m', at('nothing'))).toMatchObject({ code: 1, err: expect.stringContaining('there is no such file') as string })
  })
})

describe('parlance-embed node2vec and classify', () => {
  it('learns vectors of nodes and tells their classes', async () => {
    // Two rings with one edge between them.
    const ring = (name: string) => Array.from({ length: 12 }, (_, i) => [1, 2, 3].map((step) => `${name}${i} ${name}${(i + step) % 12}\n`).join('')).join('')
    writeFileSync(at('rings'), `${ring('a')}${ring('b')}a0 b0\n`)
    writeFileSync(at('labels'), Array.from({ length: 24 }, (_, i) => `${'ab'[i % 2]}${i >> 1} ${'ab'[i % 2]}\n`).join(''))
    const flags = ['--dim', '8', '--walks', '10', '--length', '20', '--window', '3', '--threads', '1', '-q', '0.5']
    const learnt = await run('node2vec', '--edges', at('rings'), '-o', at('rings.vec'), '--epochs', '5', ...flags, '--json')
    expect(learnt.code, learnt.err).toBe(0)
    expect(JSON.parse(learnt.out)).toMatchObject({ nodes: 24, edges: 146, dimensions: 8 })
    const classified = await run('classify', '-v', at('rings.vec'), '--labels', at('labels'), '--repeats', '3', '--penalty', '0.01', '--json')
    expect(JSON.parse(classified.out)).toMatchObject({ accuracy: { mean: 1 }, nodes: 24, trainingNodes: 12, repeats: 3 })
    expect((await run('classify', '-v', at('rings.vec'), '--labels', at('labels'))).out).toMatch(/^accuracy \d+\.\d\d ± \d+\.\d\d%, macro-F1 .*12 of 24 labelled to learn from, 2 classes\n$/)
    writeFileSync(at('unknown'), 'a0 a\nc9 b\n')
    expect(await run('classify', '-v', at('rings.vec'), '--labels', at('unknown'))).toMatchObject({ code: 1, err: expect.stringMatching(/unknown, line 2: .* has no vector of "c9"\./) as string })
    expect(await run('node2vec', '--edges', at('rings'), '-q', '0')).toMatchObject({ code: 1, err: expect.stringContaining('q must be a positive number, got 0.') as string })
  })
})
