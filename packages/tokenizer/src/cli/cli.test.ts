import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './program.js'

let folder: string
let corpus: string
let bpe: string

async function run(args: string[], stdin: string | Buffer = '', isTTY = false) {
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), { isTTY })
  const code = await runCli(args, { stdin: Readable.from(stdin.length > 0 ? [Buffer.from(stdin)] : []), stdout, stderr })
  return { code, out: stdout.read()?.toString() ?? '', err: stderr.read()?.toString() ?? '' }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-tokenizer-'))
  corpus = join(folder, 'corpus.txt')
  bpe = join(folder, 'bpe.json')
  await writeFile(corpus, 'the cat sat on the mat\nthe dog sat on the cat\n'.repeat(20))
  expect(await run(['train', corpus, '-o', bpe, '--vocab-size', '270', '--special', '<eos>'])).toMatchObject({
    code: 0,
    err: '',
  })
})

afterAll(() => rm(folder, { recursive: true }))

describe('parlance-tokenizer', () => {
  it('encodes and decodes what it has trained', async () => {
    const text = 'the cat — sat\n\non <eos>'
    const encoded = await run(['encode', '-t', bpe], text)
    expect(encoded.out).toMatch(/^[0-9]+( [0-9]+)* 0\n$/)
    expect(await run(['decode', '-t', bpe], encoded.out)).toEqual({ code: 0, out: text, err: '' })
  })

  it('writes ids and tokens as JSON', async () => {
    const { out } = await run(['encode', '-t', bpe, '--json'], 'the cat')
    const { ids, tokens } = JSON.parse(out)
    expect(tokens).toEqual(['the', 'Ġcat'])
    expect(ids.length).toBe(2)
  })

  it('trains characters from standard input', async () => {
    const path = join(folder, 'char.json')
    const trained = await run(['train', '--type', 'char', '--unk', '<unk>', '-o', path, '--json'], 'bca')
    expect(trained.code).toBe(0)
    expect(JSON.parse(trained.out)).toMatchObject({ output: path, type: 'char', vocabSize: 4 })
    expect((await run(['encode', '-t', path], 'abz')).out).toBe('1 2 0\n')
  })

  it('describes a tokenizer and how it does on a text', async () => {
    const { out } = await run(['inspect', '-t', bpe, '--json', '--longest', '2', corpus])
    const report = JSON.parse(out)
    expect(report).toMatchObject({ tokenizer: bpe, type: 'bpe', vocabSize: 270 })
    expect(report.longest.map(({ token }: { token: string }) => token)).toEqual(['<eos>', 'Ġthe'])
    const [text] = report.texts
    expect(text).toMatchObject({ file: corpus, bytes: 920 })
    expect(text.bytesPerToken).toBeCloseTo(920 / text.tokens, 3)
    expect((await run(['inspect', '-t', bpe])).out).toContain('vocabulary size   270\n')
  })

  it('shows progress on a terminal only', async () => {
    const args = ['train', corpus, '-o', join(folder, 'again.json'), '--vocab-size', '280']
    expect((await run(args)).err).toBe('')
    expect((await run(args, '', true)).err).toContain('merging')
  })

  it('prints help with examples', async () => {
    for (const args of [[], ['train'], ['encode'], ['decode'], ['inspect']]) {
      const { code, out } = await run([...args, '--help'])
      expect(code).toBe(0)
      expect(out).toContain('Examples:')
    }
  })
})

describe('wrong usage', () => {
  const cases: [args: string[], message: string][] = [
    [['train', '--vocab-size', 'many'], "parlance-tokenizer: option '--vocab-size <n>' argument 'many' is invalid. Expected a whole number from 1.\n"],
    [['train', '--vocab-size', '200'], "parlance-tokenizer: option '--vocab-size' must be at least 256 (the bytes and the special tokens), got 200\n"],
    [['train', '--type', 'char', '--vocab-size', '300'], "parlance-tokenizer: option '--vocab-size' does not go with '--type char'\n"],
    [['train', '--unk', '<unk>'], "parlance-tokenizer: option '--unk' does not go with '--type bpe'\n"],
    [['train', '--colour'], "parlance-tokenizer: unknown option '--colour'\n"],
    [['guess'], "parlance-tokenizer: unknown command 'guess'\n"],
  ]
  it.each(cases)('%j is one line and exit code 2', async (args, message) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err: message })
  })
})

describe('failed work', () => {
  it('is one line and exit code 1', async () => {
    const missing = join(folder, 'none.txt')
    const broken = join(folder, 'broken.txt')
    const empty = join(folder, 'empty.txt')
    await writeFile(broken, Buffer.from([0x61, 0x62, 0xff]))
    await writeFile(empty, '')
    const output = join(folder, 'never.json')
    const cases: [args: string[], stdin: string, message: string][] = [
      [['train', missing, '-o', output], '', `${missing}: no such file`],
      [['train', folder, '-o', output], '', `${folder}: it is a directory`],
      [['train', broken, '-o', output], '', `${broken}: it is not UTF-8: invalid byte 0xff at offset 2; convert it first`],
      [['train', empty, '-o', output], '', `${empty}: it is empty, expected text`],
      [['train', '-o', output], '', 'standard input: it is empty, expected text'],
      [['encode', '-t', missing], 'a', `${missing}: no such file`],
      [['decode', '-t', bpe], '1 x', 'standard input: expected ids, got "x"'],
      [['decode', '-t', bpe], '1 999', 'id 999 is not in the vocabulary (size 270)'],
    ]
    for (const [args, stdin, message] of cases) {
      expect(await run(args, stdin)).toEqual({ code: 1, out: '', err: `parlance-tokenizer: ${message}\n` })
    }
    expect((await readdir(folder)).filter((name) => name.includes('never'))).toEqual([])
  })

  it('leaves the old file where the new one cannot be written', async () => {
    const before = await readFile(bpe, 'utf8')
    const result = await run(['train', corpus, '-o', join(folder, 'none', 'x.json')])
    expect(result.code).toBe(1)
    expect(result.err).toContain('none')
    expect(await readFile(bpe, 'utf8')).toBe(before)
  })
})
