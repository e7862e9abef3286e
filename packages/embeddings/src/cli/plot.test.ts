import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeVectors } from '../vectors/files.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { runCli } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-plot-cli-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await runCli(args, { stdin: (async function* () {})(), stdout, stderr })
  return { code, out: stdout.read()?.toString() ?? '', err: stderr.read()?.toString() ?? '' }
}

beforeAll(() => {
  const values = Float32Array.from({ length: 30 * 6 }, (_, i) => Math.sin(i * i + 1))
  writeVectors(at('a.vec'), new WordVectors(['</s>', ...Array.from({ length: 29 }, (_, i) => `w${i}`)], values, 6))
  writeFileSync(at('groups.tsv'), 'w1\todd\nw2\teven\n')
})

describe('parlance-embed plot', () => {
  it('writes a page of the first words, without the end of sentences', async () => {
    expect(await run(['plot', '-v', at('a.vec'), '-o', at('map.html'), '-n', '20', '--title', 'Mine', '--neighbours', '5'])).toEqual({ code: 0, out: `${at('map.html')}\n`, err: '' })
    const page = readFileSync(at('map.html'), 'utf8')
    expect(page.includes('<h1>Mine</h1>')).toBe(true)
    expect([page.includes('<option>w0</option>'), page.includes('<option>w19</option>'), page.includes('<option>w20</option>'), page.includes('<option>&lt;/s&gt;')]).toEqual([true, true, false, false])
  })

  it('takes groups and words from files', async () => {
    writeFileSync(at('words.txt'), 'w1\nw2\nw3\nw9\nw1\nnone\n')
    expect(await run(['plot', '-v', at('a.vec'), '-o', at('own.html'), '--words', at('words.txt'), '--groups', at('groups.tsv'), '--method', 'tsne', '--iterations', '20'])).toMatchObject({ code: 0, err: '' })
    const page = readFileSync(at('own.html'), 'utf8')
    expect(page.includes('"groups":["odd","even","other"]')).toBe(true)
    expect(page.includes('4 vectors, placed by t-SNE')).toBe(true)
  })

  it('says what is wrong', async () => {
    writeFileSync(at('bad.tsv'), 'w1\todd\nw2 even\n')
    expect(await run(['plot', '-v', at('a.vec'), '--groups', at('bad.tsv')])).toMatchObject({
      code: 1,
      err: `parlance-embed: ${at('bad.tsv')}, line 2: expected a word and a group with a tab between, got "w2 even".\n`,
    })
    expect(await run(['plot', '--count', '3'])).toMatchObject({ code: 2, err: "parlance-embed: option '-n, --count <n>' argument '3' is invalid. Expected a whole number from 4.\n" })
    const few = at('few.txt')
    writeFileSync(few, 'w1\nw2\n')
    expect(await run(['plot', '-v', at('a.vec'), '--words', few])).toMatchObject({ code: 1, err: 'parlance-embed: A map needs four words with vectors at least, got 2.\n' })
  })
})
