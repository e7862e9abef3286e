/**
 * Training beside builds of word2vec.c, or anything with its flags: fresh processes in turns, equal threads, words a second
 * and what the vectors are worth.
 *
 *     npm run bench -- embeddings/word2vec --peer O3=PATH --peer Ofast=PATH [--threads N] [--rounds N] [--epochs N]
 *       [--cbow] [--hs] [--corpus FILE] [--fasttext PATH]
 *
 * The corpus is that of the recipe `books` unless one is named; ratings and analogies are looked for in the folder that
 * PARLANCE_CORPORA names. Rates: `training` is words of all epochs by the time of training alone, a thread (word2vec.c
 * prints it, by processor time); `whole` by the time of the whole process, reading and writing included. The seed is the
 * round; word2vec.c has none, on several threads its runs differ by themselves.
 *
 * word2vec.c as of commit 20c129a keeps `eof` set after the first epoch and so skips the others where a thread has come to the
 * end of the file, always on one thread: build it with `eof = 0;` behind the last `fseek` of TrainModelThread.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from '@parlance/corpora'
import { analogyAccuracy, parseAnalogies, parseRatedPairs, wordSimilarity } from '@parlance/metrics'
import { median } from '../../../test/bench/timing.js'
import { readCorpus, readTexts, readVectors, Vocabulary, Word2Vec, type WordVectors, writeVectors } from '../src/index.js'

const { values: flags } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    fasttext: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '5' },
    cbow: { type: 'boolean', default: false },
    hs: { type: 'boolean', default: false },
    corpus: { type: 'string' },
    /** Of a process that this one has started: trains, writes the vectors there and prints its times. */
    child: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const [threads, epochs, rounds] = [Number(flags.threads), Number(flags.epochs), Number(flags.rounds)]
const learningRate = flags.cbow ? 0.05 : 0.025
const SAMPLE = 1e-4

interface Run {
  /** Words a second and thread, training alone; NaN where it is not told. */
  training: number
  seconds: number
  vectors: WordVectors
}

async function train(corpusFile: string, output: string): Promise<void> {
  const corpus = await readCorpus(readTexts([corpusFile]))
  const vocabulary = Vocabulary.of(corpus.words, corpus.counts)
  const config = { architecture: flags.cbow ? 'cbow' : 'skip-gram', loss: flags.hs ? 'hierarchical-softmax' : 'negative-sampling' } as const
  const model = Word2Vec.create(config, vocabulary, { seed: Number(flags.seed) })
  const reports = await model.train(corpus, { sample: SAMPLE, learningRate, epochs, threads, seed: Number(flags.seed) })
  corpus.dispose()
  writeVectors(output, model.vectors())
  console.log(`Words/thread/sec: ${(epochs * vocabulary.total) / reports.at(-1)!.seconds / threads / 1000}k`)
}

/** Runs a command to its end; the last rate that it printed and the seconds that it took. */
function timed(command: string, args: readonly string[]): Promise<{ training: number; seconds: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (data: Buffer) => {
      printed = (printed + data.toString()).slice(-2000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) {
        reject(new Error(`${command} ended with exit code ${code}`))
        return
      }
      const rates = [...printed.matchAll(/Words\/thread\/sec: +([\d.]+)k/g)]
      resolve({ training: 1000 * Number(rates.at(-1)?.[1] ?? Number.NaN), seconds: (performance.now() - started) / 1000 })
    })
  })
}

const folder = mkdtempSync(join(tmpdir(), 'parlance-bench-'))

async function runOurs(corpusFile: string, seed: number): Promise<Run> {
  const output = join(folder, 'ours.bin')
  const kind = [...(flags.cbow ? ['--cbow'] : []), ...(flags.hs ? ['--hs'] : [])]
  const args = ['--child', output, '--corpus', corpusFile, '--seed', String(seed), '--threads', String(threads), '--epochs', String(epochs), ...kind]
  return { ...(await timed(process.execPath, [...process.execArgv, import.meta.filename, ...args])), vectors: await readVectors(output) }
}

async function runWord2Vec(path: string, corpusFile: string): Promise<Run> {
  const output = join(folder, 'peer.bin')
  const [cbow, hs, negative] = [flags.cbow ? '1' : '0', flags.hs ? '1' : '0', flags.hs ? '0' : '5']
  const args = [
    '-train', corpusFile, '-output', output, '-binary', '1', '-size', '100', '-window', '5', '-negative', negative, '-hs', hs,
    '-cbow', cbow, '-sample', String(SAMPLE), '-alpha', String(learningRate), '-iter', String(epochs), '-threads', String(threads),
  ]
  return { ...(await timed(path, args)), vectors: await readVectors(output) }
}

async function runFastText(path: string, corpusFile: string): Promise<Run> {
  const output = join(folder, 'fasttext')
  const args = [
    flags.cbow ? 'cbow' : 'skipgram', '-input', corpusFile, '-output', output, '-dim', '100', '-ws', '5', '-neg', '5', '-maxn', '0',
    '-loss', flags.hs ? 'hs' : 'ns', '-t', String(SAMPLE), '-lr', String(learningRate), '-epoch', String(epochs), '-thread', String(threads),
  ]
  return { ...(await timed(path, args)), vectors: await readVectors(`${output}.vec`) }
}

/** Figures in percent by name; none without data. */
function worth(vectors: WordVectors): Record<string, number> {
  const figures: Record<string, number> = {}
  const corpora = process.env['PARLANCE_CORPORA'] ?? ''
  const ratings = join(corpora, 'word-similarity')
  for (const file of existsSync(ratings) ? readdirSync(ratings).filter((name) => name.startsWith('EN-')) : []) {
    const pairs = parseRatedPairs(readFileSync(join(ratings, file), 'utf8'), file)
    figures[file.slice(3, -4)] = 100 * wordSimilarity((word) => vectors.vector(word.toLowerCase()), pairs).spearman
  }
  const questions = join(corpora, 'word-analogy/questions-words.train.txt')
  if (existsSync(questions)) {
    const sections = parseAnalogies(readFileSync(questions, 'utf8'))
    for (const method of ['3cosadd', '3cosmul'] as const) {
      const { accuracy } = analogyAccuracy(vectors, sections, { method, lowerCase: true })
      figures[`analogies ${method}`] = 100 * accuracy
    }
  }
  return figures
}

async function compare(corpusFile: string): Promise<void> {
  const peers = flags.peer.map((peer): [string, (seed: number) => Promise<Run>] => {
    const [name, path] = peer.split('=')
    if (!name || !path) throw new Error(`--peer expects NAME=PATH, got ${peer}`)
    return [name, () => runWord2Vec(path, corpusFile)]
  })
  const { fasttext } = flags
  const programs: [name: string, run: (seed: number) => Promise<Run>][] = [
    ['parlance', (seed) => runOurs(corpusFile, seed)],
    ...peers,
    ...(fasttext === undefined ? [] : [['fastText', () => runFastText(fasttext, corpusFile)] as [string, () => Promise<Run>]]),
  ]
  const corpus = await readCorpus(readTexts([corpusFile]))
  const words = epochs * Vocabulary.of(corpus.words, corpus.counts).total
  corpus.dispose()
  console.log(`${words} words in ${epochs} epochs, ${threads} threads, ${flags.cbow ? 'CBOW' : 'skip-gram'}, ${flags.hs ? 'hierarchical softmax' : '5 negatives'}, ${rounds} rounds`)
  const runs = new Map<string, (Omit<Run, 'vectors'> & { figures: Record<string, number> })[]>(programs.map(([name]) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of programs) {
      const { training, seconds, vectors } = await run(round)
      runs.get(name)!.push({ training, seconds, figures: worth(vectors) })
    }
  }
  const summaries = Array.from(runs, ([name, all]) => {
    const mean = (figure: string) => all.reduce((sum, { figures }) => sum + figures[figure]!, 0) / all.length
    return {
      name,
      training: median(all.map((each) => each.training)),
      whole: words / median(all.map(({ seconds }) => seconds)),
      figures: new Map(Object.keys(all[0]!.figures).map((figure) => [figure, mean(figure)])),
    }
  })
  for (const { name, training, whole, figures } of summaries) {
    const shown = Array.from(figures, ([figure, value]) => `${figure} ${value.toFixed(2)}`)
    console.log(`${name}: training ${Math.round(training)} words/s a thread, whole ${Math.round(whole)} words/s | ${shown.join(', ')}`)
  }
  const [ours, ...others] = summaries
  for (const { name, training, whole, figures } of others) {
    const gaps = Array.from(figures, ([figure, value]) => `${figure} ${signed(ours!.figures.get(figure)! - value)}`)
    console.log(`parlance to ${name}: ${(ours!.training / training).toFixed(2)} times the training rate, ${(ours!.whole / whole).toFixed(2)} times the whole | points: ${gaps.join(', ')}`)
  }
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)}`
}

try {
  const corpusFile = flags.corpus ?? (await prepare('books'))['words.txt']!
  if (flags.child !== undefined) await train(corpusFile, flags.child)
  else await compare(corpusFile)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
