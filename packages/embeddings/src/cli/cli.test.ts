import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantedText } from '../testing/planted.js'
import { readVectors } from '../vectors/files.js'
import { familiarFlags, familiarStarSpaceFlags } from './familiar-flags.js'
import { runCli } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-embed-'))
const at = (name: string) => join(folder, name)
const corpus = at('corpus.txt')
const vectors = at('vectors.vec')
const FAST = ['--dim', '16', '--threads', '1', '--sample', '0', '--epochs', '3', '--learning-rate', '0.05']

async function run(args: string[], stdin = '', isTTY = false) {
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), { isTTY })
  const code = await runCli(args, { stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]), stdout, stderr })
  return { code, out: stdout.read()?.toString() ?? '', err: stderr.read()?.toString() ?? '' }
}

beforeAll(async () => {
  writeFileSync(corpus, plantedText(1, 3000))
  expect(await run(['word2vec', corpus, '-o', vectors, ...FAST])).toMatchObject({ code: 0, err: '' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('parlance-embed word2vec', () => {
  it('says what it wrote', async () => {
    const { out } = await run(['word2vec', corpus, '-o', at('said.vec'), ...FAST, '--json'])
    expect(JSON.parse(out)).toMatchObject({ output: at('said.vec'), format: 'text', words: 37, dimensions: 16, interrupted: false })
    expect(JSON.parse(out).loss).toBeGreaterThan(0)
  })

  it('takes the flags of word2vec.c', async () => {
    const output = at('mikolov.bin')
    const flags = ['-train', corpus, '-output', output, '-size', '12', '-window', '3', '-negative', '4', '-hs', '0', '-sample', '0', '-iter', '1', '-threads', '1', '-cbow', '1', '-binary', '1', '-min-count', '2', '-alpha', '0.03']
    expect(await run(['word2vec', ...flags])).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(output).toString('latin1', 0, 10)).toBe('37 12\n</s>')
    expect((await readVectors(output)).width).toBe(12)
  })

  it('takes the flags of fastText and writes its models', async () => {
    const output = at('ngrams.bin')
    const flags = ['-input', corpus, '-output', output, '-dim', '16', '-ws', '5', '-epoch', '3', '-neg', '5', '-minCount', '1', '-minn', '2', '-maxn', '3', '-bucket', '500', '-thread', '1', '-lr', '0.05', '-loss', 'ns']
    expect(await run(['word2vec', ...flags])).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(output).readInt32LE()).toBe(793_712_314)
    // A word that is not there has the vector of its n-grams.
    const { out } = await run(['nearest', '-v', output, 'a77', '-k', '2', '--json'])
    const { word, neighbours } = JSON.parse(out)
    expect([word, ...neighbours.map((each: { word: string }) => each.word[0])]).toEqual(['a77', 'a', 'a'])
  })

  it('keeps a model after each epoch, resumes it, and goes on with other texts', async () => {
    const [model, other] = [at('model'), at('other.vec')]
    await run(['word2vec', corpus, '-o', other, ...FAST, '--save-model', model, '--epochs', '2'])
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'))
    expect(config).toMatchObject({ type: 'word2vec', dimensions: 16, finishedEpochs: 2 })
    // Resuming a finished run has nothing to do.
    const again = await run(['word2vec', corpus, '-o', at('again.vec'), ...FAST, '--save-model', model, '--epochs', '2', '--resume', '--json'])
    expect(JSON.parse(again.out)).toMatchObject({ loss: null, words: 37 })
    expect(readFileSync(at('again.vec'))).toEqual(readFileSync(other))
    const more = at('more.txt')
    writeFileSync(more, `${plantedText(2, 200)}${'brandnew a1 a2\n'.repeat(20)}`)
    const continued = await run(['word2vec', more, '--continue', model, '-o', at('continued.safetensors'), '--threads', '1', '--json'])
    expect(JSON.parse(continued.out)).toMatchObject({ words: 38, dimensions: 16, format: 'safetensors' })
  })

  it('reads standard input, and joins phrases of files', async () => {
    const text = 'new york is a city in new york state\n'.repeat(30)
    expect(await run(['word2vec', '-o', at('stdin.vec'), ...FAST], text)).toMatchObject({ code: 0 })
    expect((await readVectors(at('stdin.vec'))).words).toContain('york')
    writeFileSync(at('york.txt'), text)
    await run(['word2vec', at('york.txt'), '-o', at('york.vec'), ...FAST, '--phrases', '1', '--phrase-threshold', '3'])
    expect((await readVectors(at('york.vec'))).words).toContain('new_york')
  })

  it('shows words a second and the time left on a terminal only', async () => {
    const { err } = await run(['word2vec', corpus, '-o', at('shown.vec'), ...FAST], '', true)
    expect(err).toMatch(/training .*words\/s .* left/)
  })
})

describe('parlance-embed nearest and analogy', () => {
  it('write words with their cosines', async () => {
    const { code, out } = await run(['nearest', '-v', vectors, 'a1', '-k', '3'])
    expect(code).toBe(0)
    expect(out).toMatch(/^a1\n( {2}0\.\d{4} {2}a\d\n){3}$/)
    const analogy = await run(['analogy', '-v', vectors, 'a1', 'a2', 'b1', '-k', '2', '--json'])
    expect(JSON.parse(analogy.out)).toMatchObject({ a: 'a1', b: 'a2', c: 'b1', answers: [{ word: expect.stringMatching(/^b/) }, {}] })
  })

  it('search a graph of neighbours that is kept', async () => {
    const exact = await run(['nearest', '-v', vectors, 'a1', 'b3', '-k', '3'])
    const args = ['nearest', '-v', vectors, 'a1', 'b3', '-k', '3', '--index', 'hnsw', '--index-file', at('index.hnsw'), '--expansion-search', '100']
    expect(await run(args)).toEqual(exact) // 37 words: all are looked at
    expect(existsSync(at('index.hnsw'))).toBe(true)
    expect(await run(args)).toEqual(exact)
  })

  it('look up each word of standard input', async () => {
    const { out } = await run(['nearest', '-v', vectors, '-k', '1', '--json'], 'a1 b1\nc1\n')
    expect(out.trim().split('\n').map((line: string) => (JSON.parse(line) as { word: string }).word)).toEqual(['a1', 'b1', 'c1'])
  })
})

describe('parlance-embed evaluate', () => {
  it('names coverage and conventions', async () => {
    const [ratings, questions] = [at('ratings.txt'), at('questions.txt')]
    writeFileSync(ratings, 'a1 a2 9\na1 b2 1\nA3 a4 8\nc1 d1 2\nnone a1 5\n')
    writeFileSync(questions, ': gram1-topics\na1 a2 b1 b2\nnone a2 b1 b2\n')
    const { out } = await run(['evaluate', '-v', vectors, '--similarity', ratings, '--analogies', questions, '--restrict', '100'])
    expect(out).toMatch(/^ratings\.txt: \S+ \(3 of 5 pairs covered; 100 ρ, spearman\|cosine\|oov:skip\)\n/)
    expect(out).toContain('of 1 covered, 2 questions; 3cosadd|restrict:100|case:as-is|excluding a, b, c)')
    const lower = await run(['evaluate', '-v', vectors, '--similarity', ratings, '--lower-case', '--oov', 'zero', '--json'])
    expect(JSON.parse(lower.out).similarities[0]).toMatchObject({ covered: 4, pairs: 5, signature: 'spearman|cosine|oov:zero' })
  })
})

describe('help', () => {
  it('has examples', async () => {
    for (const command of [[], ['word2vec'], ['nearest'], ['analogy'], ['evaluate'], ['plot'], ['starspace', 'train'], ['starspace', 'predict'], ['starspace', 'evaluate']]) {
      const { code, out } = await run([...command, '--help'])
      expect(code).toBe(0)
      expect(out).toContain('Examples:')
    }
  })
})

describe('wrong usage', () => {
  const cases: [args: string[], message: string][] = [
    [['word2vec', '--dim', '0'], "option '--dim <n>' argument '0' is invalid. Expected a whole number from 1."],
    [['word2vec', '--sample', 'few'], "option '--sample <share>' argument 'few' is invalid. Expected a number of 0 or more."],
    [['word2vec', '--min-n', '5', '--max-n', '4'], "option '--min-n' must not be larger than '--max-n', got 5 and 4"],
    [['word2vec', '--format', 'fasttext', '-hs', '1'], "option '--format fasttext' does not go with '--loss hs'"],
    [['word2vec', '--resume'], "option '--resume' needs '--save-model', where the model is"],
    [['word2vec', '--resume', '--save-model', 'x', '--continue', 'y'], "option '--resume' does not go with '--continue'"],
    [['word2vec', '--continue', 'x', '-size', '50'], "option '--dim' is settled by the model that '--continue' names"],
    [['word2vec', '--phrases', '1'], "option '--phrases' reads the texts several times: name files"],
    [['evaluate'], "name something to evaluate on by '--similarity' or '--analogies'"],
    [['nearest', '--index-file', 'x', 'a'], "options '--index-file' and '--expansion-search' need '--index hnsw'"],
    [['guess'], "unknown command 'guess'"],
  ]
  it.each(cases)('%j is one line and exit code 2', async (args, message) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err: `parlance-embed: ${message}\n` })
  })
})

describe('failed work', () => {
  const cases: [args: string[], stdin: string, message: string][] = [
    [['word2vec', at('none.txt'), '-o', at('never.vec')], '', `${at('none.txt')}: there is no such file.`],
    [['word2vec', '-o', at('never.vec')], 'a b\n', 'No word is there 5 times: lower --min-count.'],
    [['word2vec', corpus, '--continue', corpus], '', `${corpus}: is neither a folder that --save-model wrote nor a fastText .bin; vectors alone cannot be trained on.`],
    [['nearest', '-v', at('none.vec'), 'a'], '', `${at('none.vec')}: there is no such file.`],
    [['nearest', '-v', vectors, 'none'], '', 'There is no vector of "none" among 37 words.'],
    [['analogy', '-v', vectors, 'a1', 'none', 'b1'], '', 'There is no vector of "none" among 37 words.'],
  ]
  it.each(cases)('%j is one line and exit code 1', async (args, stdin, message) => {
    expect(await run(args, stdin)).toEqual({ code: 1, out: '', err: `parlance-embed: ${message}\n` })
    expect(existsSync(at('never.vec'))).toBe(false)
  })
})

describe('familiarStarSpaceFlags', () => {
  it('gives them our names', () => {
    expect(familiarStarSpaceFlags(['-trainFile', 'a.txt', '-dim', '20', '-adagrad', '0', '-p', '1', '-o', 'x', '--json'])).toEqual([
      '--tags', 'a.txt', '--dimensions', '20', '--optimizer', 'sgd', '--exponent', '1', '-o', 'x', '--json',
    ])
  })
})

describe('familiarFlags', () => {
  it('leaves what it does not know', () => {
    expect(familiarFlags(['-hs', '0', '-cbow', '0', '--size', '7', 'a.txt', '-o', 'x', '--json', '-k'])).toEqual([
      '--model', 'skip-gram', '--dim', '7', 'a.txt', '-o', 'x', '--json', '-k',
    ])
  })
})
