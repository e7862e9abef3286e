import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-starspace-cli-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a command; what it writes and its exit code. */
async function run(args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const io = { stdin: (async function* () { yield stdin })(), stdout: out, stderr: err }
  const code = await runCli(args, io)
  const read = (stream: PassThrough) => String(stream.read() ?? '')
  return { code, out: read(out), err: read(err) }
}

const FAST = ['--dimensions', '16', '--threads', '1', '--learning-rate', '0.1']

beforeAll(async () => {
  writeFileSync(at('tags.txt'), '__label__animal the cat runs\n__label__animal a dog runs home\n__label__food warm bread\nsoup and bread __label__food\n'.repeat(25))
  writeFileSync(at('pages.txt'), 'p1 p2 p3\np2 p3\nq1 q2 q3\nq1 q3\n'.repeat(20))
  await run(['starspace', 'train', '--tags', at('tags.txt'), '--pages', at('pages.txt'), '-o', at('model'), '--vectors', at('all.vec'), '--margin', '0.3', ...FAST])
})

describe('parlance-embed starspace', () => {
  it('trains, and says what it made', async () => {
    const { code, out } = await run(['starspace', 'train', '--tags', at('tags.txt'), '-o', at('again'), '-loss', 'softmax', '-similarity', 'dot', ...FAST, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ output: at('again'), words: 10, labels: 2, interrupted: false })
    expect(JSON.parse(readFileSync(join(at('again'), 'config.json'), 'utf8'))).toMatchObject({ type: 'starspace', dimensions: 16, similarity: 'dot' })
  })

  it('predicts labels and pages, a line each', async () => {
    expect(await run(['starspace', 'predict', '-m', at('model')], 'my dog runs\nbread\n')).toEqual({ code: 0, out: '__label__animal\n__label__food\n', err: '' })
    const { out } = await run(['starspace', 'predict', '-m', at('model'), '--pages', '-k', '2', '--json'], 'p1\n')
    const { text, predictions } = JSON.parse(out) as { text: string; predictions: { label: string; score: number }[] }
    expect(text).toBe('p1')
    expect(predictions.map(({ label }) => label).toSorted()).toEqual(['p2', 'p3'])
  })

  it('measures, naming conventions', async () => {
    const { out } = await run(['starspace', 'evaluate', '-m', at('model'), '--tags', at('tags.txt'), '--pages', at('pages.txt')])
    const [tags, pages] = out.split('\n')
    expect(tags).toMatch(/^Hits@1 1\.0000, Hits@10 1\.0000, MRR 1\.0000, mean rank 1\.00 \(100 of 100 questions; tags\|filtered\|ties:realistic\|candidates:all labels\)$/)
    expect(pages).toContain('(200 of 200 questions; pages|filtered|ties:realistic|candidates:all pages|each hidden in turn)')
  })

  it('leaves vectors that can be looked up, and begins with such', async () => {
    for (const vectors of [at('all.vec'), at('model')]) {
      const { out } = await run(['nearest', '-v', vectors, '__label__food', '-k', '1', '--json'])
      expect(JSON.parse(out)).toMatchObject({ neighbours: [{ word: expect.stringMatching(/bread|soup|warm|and/) }] })
    }
    const begun = await run(['starspace', 'train', '--tags', at('tags.txt'), '-o', at('begun'), '--init', at('all.vec'), '--threads', '1', '--json'])
    expect(begun.code).toBe(0)
    expect(JSON.parse(readFileSync(join(at('begun'), 'config.json'), 'utf8'))).toMatchObject({ dimensions: 16 })
  })

  const wrong: [args: string[], code: number, message: string][] = [
    [['starspace', 'train'], 2, "name examples by '--tags', '--pages' or '--sentences'"],
    [['starspace', 'train', '--tags', 'x', '--loss', 'best'], 2, "option '--loss <name>' argument 'best' is invalid. Allowed choices are margin, softmax."],
    [['starspace', 'train', '--tags', at('none.txt'), '-o', at('never')], 1, `${at('none.txt')}: there is no such file.`],
    [['starspace', 'train', '--pages', at('none'), '--init', at('no.vec')], 1, `${at('no.vec')}: there is no such file.`],
    [['starspace', 'predict', '-m', at('again'), '--pages'], 1, `${at('again')}: the model knows no pages: leave out --pages.`],
  ]
  it.each(wrong)('%j is one line', async (args, code, message) => {
    expect(await run(args, 'p1\n')).toEqual({ code, out: '', err: `parlance-embed: ${message}\n` })
  })
})
