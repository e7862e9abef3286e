/**
 * StarSpace on two tasks: the book that a held-out sentence is from, beside naive Bayes (TagSpace), and pages of generated
 * users, beside the popular ones (PageSpace).
 *
 *     npm run bench -- embeddings/starspace [--development] [--share X] [--threads N] [--epochs N] [--rounds N] [--dimensions N]
 *       [--ngrams N] [--learning-rate X] [--dropout X] [--exponent X] [--users N]
 *
 * The books are those of the folder `books` in PARLANCE_CORPORA. Of each, blocks of 100 paragraphs in turn: one of ten is
 * for testing, one for development, the others for training. Sentences have five words at least. Naive Bayes takes words, or
 * words and pairs, and the smoothing that is best in development; so do the defaults here. `--development` measures on that
 * part; `--share` takes a part of the training sentences. The interval is of the paired difference, by resampling sentences.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { bootstrap } from '@parlance/metrics'
import { evaluateStarSpace, type StarSpaceOptions, type Texts, trainStarSpace } from '../src/index.js'
import { generateSessions, popularityHits } from '../src/testing/sessions.js'
import { type Labelled, NaiveBayes } from './naive-bayes.js'

const { values: flags } = parseArgs({
  options: {
    development: { type: 'boolean', default: false },
    share: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '6' },
    dimensions: { type: 'string', default: '50' },
    ngrams: { type: 'string', default: '2' },
    'learning-rate': { type: 'string', default: '0.1' },
    dropout: { type: 'string', default: '0.5' },
    exponent: { type: 'string', default: '0.5' },
    users: { type: 'string', default: '20000' },
  },
})
const [threads, rounds] = [Number(flags.threads), Number(flags.rounds)]
const BLOCK = 100
const LEAST_WORDS = 5

type Part = 'training' | 'development' | 'test'

/** Sentences of the books by part. */
function sentences(folder: string): Record<Part, Labelled[]> {
  const parts: Record<Part, Labelled[]> = { training: [], development: [], test: [] }
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt.gz')).sort()) {
    const paragraphs = gunzipSync(readFileSync(join(folder, file))).toString('utf8').split(/\n\s*\n/)
    for (const [i, paragraph] of paragraphs.entries()) {
      const block = Math.floor(i / BLOCK) % 10
      const part = block === 9 ? 'test' : block === 4 ? 'development' : 'training'
      for (const sentence of paragraph.split(/(?<=[.!?]["”’)]*)\s+/)) {
        const words = sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
        if (words.length >= LEAST_WORDS) parts[part].push({ words, label: `__label__${file.slice(0, -'.txt.gz'.length)}` })
      }
    }
  }
  return parts
}

const textsOf = (lines: readonly string[]): Texts => async function* () { yield* lines.map((line) => `${line}\n`) }
const percent = (share: number) => `${(100 * share).toFixed(2)}%`
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

async function tags(folder: string): Promise<void> {
  const { training: all, development, test: held } = sentences(folder)
  const share = Number(flags.share)
  const training = all.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share))
  const test = flags.development ? development : held
  console.log(`tags: ${training.length} sentences of ${new Set(training.map(({ label }) => label)).size} books to learn from, ${test.length} to test`)
  const correct = (predict: (words: readonly string[]) => string | undefined, part: readonly Labelled[]) =>
    Float64Array.from(part, ({ words, label }) => Number(predict(words) === label))
  let bayes: { accuracy: number; hits: Float64Array; name: string } | undefined
  for (const longest of [1, 2]) {
    const model = new NaiveBayes(training, longest)
    for (const alpha of [0.01, 0.03, 0.1, 0.3, 1]) {
      const accuracy = mean(Array.from(correct((words) => model.predict(words, alpha), development)))
      if (bayes && bayes.accuracy >= accuracy) continue
      bayes = { accuracy, name: `words up to ${longest} together, smoothing ${alpha}`, hits: correct((words) => model.predict(words, alpha), test) }
    }
  }
  const options: StarSpaceOptions = {
    dimensions: Number(flags.dimensions), epochs: Number(flags.epochs), ngrams: Number(flags.ngrams), dropout: Number(flags.dropout),
    exponent: Number(flags.exponent), learningRate: Number(flags['learning-rate']), loss: 'softmax', similarity: 'dot', threads,
  }
  const runs: Float64Array[] = []
  let [seconds, words] = [0, 0]
  for (let seed = 1; seed <= rounds; seed++) {
    const { model, epochs } = await trainStarSpace({ tags: textsOf(training.map(({ words, label }) => `${words.join(' ')} ${label}`)) }, { ...options, seed })
    runs.push(correct((text) => model.predictTags(text, 1)[0]?.label, test))
    seconds += epochs.at(-1)!.seconds
    words += options.epochs! * training.reduce((sum, example) => sum + example.words.length, 0)
  }
  const gaps = Float64Array.from(bayes!.hits, (hit, i) => mean(runs.map((run) => run[i]!)) - hit)
  const { low, high } = bootstrap(test.length, (at) => at.reduce((sum, i) => sum + gaps[i]!, 0) / at.length, { seed: 1 })
  const [ours, theirs] = [mean(runs.map((run) => mean(Array.from(run)))), mean(Array.from(bayes!.hits))]
  console.log(`  StarSpace ${percent(ours)} (mean of ${rounds} seeds; ${Math.round(words / seconds / threads)} words/s a thread), naive Bayes ${percent(theirs)} (${bayes!.name})`)
  console.log(`  difference ${percent(ours - theirs)}, 95% interval ${percent(low)} to ${percent(high)}`)
}

async function pages(): Promise<void> {
  const users = Number(flags.users)
  const sessions = generateSessions({ seed: 1, users, pages: 2000, interests: 40, longest: 30, noise: 0.1 })
  const [training, test] = [sessions.slice(0, 0.95 * users), sessions.slice(0.95 * users)]
  const popular = popularityHits(training, test, 10)
  const hits: number[] = []
  for (let seed = 1; seed <= rounds; seed++) {
    const { model } = await trainStarSpace({ pages: textsOf(training) }, { dimensions: 50, epochs: 5, margin: 0.2, negatives: 50, learningRate: 0.1, threads, seed })
    hits.push((await evaluateStarSpace(model, textsOf(test), 'pages')).hits[10]!)
  }
  console.log(`pages: ${training.length} generated users to learn from, ${test.length} to test, 2000 pages, each hidden in turn`)
  console.log(`  Hits@10: StarSpace ${mean(hits).toFixed(4)} (mean of ${rounds} seeds), popularity ${popular.toFixed(4)}: ${(mean(hits) / popular).toFixed(2)} times`)
}

const corpora = process.env['PARLANCE_CORPORA']
if (corpora === undefined) console.log('tags: set PARLANCE_CORPORA to the folder that has the books')
else await tags(join(corpora, 'books'))
await pages()
