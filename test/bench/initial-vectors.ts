/**
 * What word vectors are worth to other models: a classifier of sentences and a language model that begin with them, beside
 * the same ones that begin at random, at equal steps.
 *
 *     npm run bench -- initial-vectors [--rounds N] [--steps N] [--vector-epochs N] [--threads N] [--labelled N]
 *
 * Books from the folder `books` of PARLANCE_CORPORA, Great Expectations kept for the models. Skip-gram vectors (width 100) are
 * learnt from the others, without labels. The classifier (StarSpace, softmax) learns which of the nine other books a sentence
 * is from, of `--labelled` sentences, and is tested on 5,000 that neither it nor the vectors have seen. The language model
 * (LSTM of 100, vocabulary 5,000, windows of 35 words) learns Great Expectations but for its last tenth, on which its
 * perplexity a word (<unk> counted) is measured. Its vectors are scaled to the deviation that random ones begin with.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type Texts, trainStarSpace, trainWord2Vec, type WordVectors } from '@parlance/embeddings'
import { LstmLM } from '@parlance/lm/training'
import { AdamW, constantSchedule, crossEntropy, type Forward, inference, namedParameters, TrainingContext, trainingStep } from '@parlance/nn'
import { iota, jit, Random, tf, useDevice } from '@parlance/runtime'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '500' },
    'vector-epochs': { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    labelled: { type: 'string', default: '1000' },
  },
})
const [rounds, steps, threads, labelled] = [Number(flags.rounds), Number(flags.steps), Number(flags.threads), Number(flags.labelled)]
const [WIDTH, VOCABULARY, BATCH, LENGTH] = [100, 5000, 20, 35]
const OWN = 'great-expectations.txt.gz'
const TESTED = 5000

const corpora = process.env['PARLANCE_CORPORA']
if (corpora === undefined) throw new Error('Set PARLANCE_CORPORA to the folder that has the books.')
const folder = join(corpora, 'books')

interface Sentence {
  readonly words: readonly string[]
  readonly book: string
}

function sentencesOf(file: string): Sentence[] {
  return gunzipSync(readFileSync(join(folder, file))).toString('utf8').split(/(?<=[.!?]["”’)]*)\s+/)
    .map((sentence) => ({ words: sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [], book: file }))
    .filter(({ words }) => words.length >= 5)
}

const files = readdirSync(folder).filter((name) => name.endsWith('.txt.gz')).sort()
/** The last tenth of each book is not among what is learnt from. */
const others = files.filter((file) => file !== OWN).map(sentencesOf)
const seen = others.flatMap((sentences) => sentences.slice(0, Math.floor(0.9 * sentences.length)))
const unseen = others.flatMap((sentences) => sentences.slice(Math.floor(0.9 * sentences.length)))
const textsOf = (lines: readonly string[]): Texts => async function* () { yield* lines.map((line) => `${line}\n`) }
const evenly = <T>(items: readonly T[], count: number): T[] => Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

async function accuracy(initial: WordVectors | undefined, seed: number): Promise<number> {
  const lines = evenly(seen, labelled).map(({ words, book }) => `${words.join(' ')} __label__${book}`)
  const options = { dimensions: WIDTH, loss: 'softmax', similarity: 'dot', epochs: 20, learningRate: 0.05, dropout: 0.3, threads, seed } as const
  const { model } = await trainStarSpace({ tags: textsOf(lines) }, { ...options, ...(initial && { initial }) })
  return mean(evenly(unseen, TESTED).map(({ words, book }) => Number(model.predictTags(words, 1)[0]?.label === `__label__${book}`)))
}

const own = sentencesOf(OWN).flatMap(({ words }) => words)
const border = Math.floor(0.9 * own.length)
const counts = new Map<string, number>()
for (const word of own.slice(0, border)) counts.set(word, (counts.get(word) ?? 0) + 1)
const vocabulary = ['<unk>', ...[...counts].sort(([, a], [, b]) => b - a).slice(0, VOCABULARY - 1).map(([word]) => word)]
const ids = new Map(vocabulary.map((word, i) => [word, i]))
const tokens = Int32Array.from(own, (word) => ids.get(word) ?? 0)

/** Perplexities after a half and all of the steps. */
async function perplexities(initial: WordVectors | undefined, seed: number): Promise<number[]> {
  const random = new Random(seed, 'initial-vectors')
  const model = new LstmLM({ type: 'lstm', vocabSize: VOCABULARY, context: LENGTH, layers: 1, width: WIDTH, tied: false, dropout: 0.2 }, random.fork('model'))
  if (initial) {
    const table = (await model.embedding.weight.data()) as Float32Array
    const deviation = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
    const scale = deviation(table) / deviation(initial.values)
    for (const [i, word] of vocabulary.entries()) {
      const vector = initial.vector(word)
      if (vector) table.set(vector.map((value) => scale * value), i * WIDTH)
    }
    const tensor = tf.tensor2d(table, [VOCABULARY, WIDTH])
    model.embedding.weight.assign(tensor)
    tensor.dispose()
  }
  const lossOf = (rows: tf.Tensor, forward: Forward) => {
    const { logits } = model.forward(tf.slice(rows, [0, 0], [-1, LENGTH]), forward)
    return crossEntropy(tf.reshape(logits, [-1, VOCABULARY]), tf.reshape(tf.slice(rows, [0, 1], [-1, LENGTH]), [-1]))
  }
  const rowsAt = (starts: readonly number[]) => tf.tensor2d(Int32Array.from(starts.flatMap((start) => Array.from(tokens.subarray(start, start + LENGTH + 1)))), [starts.length, LENGTH + 1], 'int32')
  const parameters = namedParameters(model)
  const optimizer = new AdamW(parameters, { weightDecay: 0 })
  const loss = (rows: tf.Tensor, step: tf.Tensor) => lossOf(rows, new TrainingContext({ seed, step, examples: iota(BATCH) }))
  const train = jit(trainingStep({ parameters, optimizer, loss, maxGradientNorm: 1 }))
  const measure = jit((rows: tf.Tensor) => lossOf(rows, inference))
  const rate = constantSchedule(0.003)
  const figures: number[] = []
  for (let step = 1; step <= steps; step++) {
    const draw = random.fork(`step ${step}`)
    const rows = rowsAt(Array.from(draw.uniform(BATCH), (share) => Math.floor(share * (border - LENGTH - 1))))
    const numbers = { learningRate: tf.scalar(rate(step)), step: tf.scalar(step, 'int32') }
    const result = train(rows, numbers)
    await result.sum.data()
    tf.dispose([rows, Object.values(numbers), Object.values(result)])
    if (step !== Math.ceil(steps / 2) && step !== steps) continue
    let [nll, count] = [0, 0]
    for (let start = border; start + BATCH * LENGTH < tokens.length; start += BATCH * LENGTH) {
      const held = rowsAt(Array.from({ length: BATCH }, (_, i) => start + i * LENGTH))
      const { sum, count: counted } = measure(held)
      nll += (await sum.data())[0]!
      count += (await counted.data())[0]!
      tf.dispose([held, sum, counted])
    }
    figures.push(Math.exp(nll / count))
  }
  return figures
}

await useDevice('cpu', { threads })
const { model } = await trainWord2Vec(textsOf(seen.map(({ words }) => words.join(' '))), { dimensions: WIDTH, epochs: Number(flags['vector-epochs']), sample: 1e-4, threads, minCount: 3 })
const vectors = model.vectors()
console.log(`${vectors.size} vectors; ${vocabulary.filter((word) => vectors.vector(word)).length} of the language model's ${VOCABULARY} words have one; means of ${rounds} seeds`)
const seeds = Array.from({ length: rounds }, (_, i) => i + 1)
for (const [name, initial] of [['at random', undefined], ['with vectors', vectors]] as const) {
  const accuracies: number[] = []
  const measured: number[][] = []
  for (const seed of seeds) {
    accuracies.push(await accuracy(initial, seed))
    measured.push(await perplexities(initial, seed))
  }
  const perplexity = (place: number) => mean(measured.map((figures) => figures[place]!)).toFixed(1)
  console.log(`begun ${name}: accuracy ${(100 * mean(accuracies)).toFixed(2)}% of ${labelled} labelled sentences; perplexity ${perplexity(0)} after ${Math.ceil(steps / 2)} steps, ${perplexity(1)} after ${steps}`)
}
