import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernel } from '../kernels/load-kernel.js'
import { SharedArena } from '../memory/shared-arena.js'
import { Table } from '../memory/table.js'
import { aliasTable } from '../sampling/alias-table.js'
import { blockChanges, blockLoss, type ReferenceModel, type ReferenceRandom, referenceTrain, type Rows } from '../testing/reference.js'
import { huffmanPaths } from './huffman.js'
import { instantiate } from './kernel.js'
import { resolveConfig, resolveTraining, type TrainingOptions, type Word2VecConfig } from './options.js'
import { keepThresholds } from './subsampling.js'
import { subwordRows } from './subwords.js'
import { prepareSettings } from './train-tables.js'
import { Vocabulary } from './vocabulary.js'

const words = ['</s>', 'the', 'cat', 'sat', 'on', 'mat', 'dog', 'ran', 'a', 'far']
const counts = [40, 90, 30, 25, 20, 15, 12, 10, 8, 5]
const vocabulary = new Vocabulary(words, counts)
const SEED = 11n
const LEFT_OUT = words.length

/** Sentences of 1 to 9 words; one of them is not in the vocabulary now and then. */
const sentences = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 1 + ((5 * i) % 9) }, (_, j) => 1 + ((7 * i * i + 3 * j * i + j * j) % words.length)),
)
/** With ends of sentences. */
const tokens = sentences.flatMap((sentence) => [...sentence, 0])

let module: WebAssembly.Module
beforeAll(async () => {
  module = await loadKernel('word2vec')
})

/** A kernel on small tables that are random on both sides, and the same in the reference. */
function setUp(partial: Partial<Word2VecConfig>, options: TrainingOptions) {
  const config = resolveConfig(partial)
  const training = resolveTraining(options, config)
  const arena = new SharedArena()
  const input = new Table(arena, words.length + (config.subwords?.buckets ?? 0), config.dimensions)
  const output = new Table(arena, words.length, config.dimensions)
  for (const [table, seed] of [[input, 3], [output, 4]] as const) {
    table.randomize(0, table.rows, seed)
    for (let i = 0; i < table.rows; i++) for (let d = 0; d < table.width; d++) table.row(i)[d]! *= table.width
  }
  const rows = (table: Table): Rows => Array.from({ length: table.rows }, (_, i) => Array.from(table.row(i)))
  const paths = huffmanPaths(counts)
  const ngrams = config.subwords ? subwordRows(words, config.subwords) : undefined
  const noise = aliasTable(counts.map((count, i) => (i === 0 ? 0 : count ** training.noiseExponent)))
  const reference: ReferenceModel = {
    input: rows(input),
    output: rows(output),
    rowsOf: (word) => (ngrams ? Array.from(ngrams.rows.subarray(ngrams.offsets[word], ngrams.offsets[word + 1])) : [word]),
    targetsOf: (word, random) => {
      if (config.loss === 'negative-sampling') return sampled(word, training.negatives, noise, random)
      const way = Array.from(paths.steps.subarray(paths.offsets[word], paths.offsets[word + 1]))
      return { rows: way.map((step) => step >> 1), labels: way.map((step) => step & 1) }
    },
    cbow: config.architecture === 'cbow',
    subwords: config.subwords !== null,
    window: training.window,
    rate: Math.fround(training.learningRate),
    keep: keepThresholds(counts, training.sample),
  }
  const corpus = { words: [...words, 'unknown'], counts: [...counts, 1] }
  const { address, progress } = prepareSettings({ config, vocabulary, arena, input, output }, corpus, training)
  const kernel = instantiate(module, arena.memory)
  const start = () => kernel.start(address, arena.take(kernel.scratchBytes(address)), SEED)
  start()
  return { kernel, arena, input, output, reference, rows, start, progress }
}

function sampled(word: number, negatives: number, table: Uint32Array, random: ReferenceRandom) {
  const noise = Array.from({ length: negatives }, () => {
    const entry = random.below(words.length)
    return random.bits() < table[2 * entry]! ? entry : table[2 * entry + 1]!
  }).filter((drawn) => drawn !== word)
  return { rows: [word, ...noise], labels: [1, ...noise.map(() => 0)] }
}

/** Largest difference of two tables. */
function difference(a: Rows, b: Rows): number {
  return Math.max(...a.flatMap((row, i) => row.map((value, d) => Math.abs(value - b[i]![d]!))))
}

const subwords = { minN: 2, maxN: 4, buckets: 50 }
const cases: [name: string, config: Partial<Word2VecConfig>, options: TrainingOptions][] = [
  ['skip-gram, negative sampling', {}, {}],
  ['… more noise than words, wide window', {}, { negatives: 14, window: 9 }],
  ['… sub-sampling', {}, { sample: 0.05 }],
  ['… width 100', { dimensions: 100 }, {}],
  ['skip-gram, hierarchical softmax', { loss: 'hierarchical-softmax' }, {}],
  ['CBOW, negative sampling', { architecture: 'cbow' }, { sample: 0.05 }],
  ['CBOW, hierarchical softmax', { architecture: 'cbow', loss: 'hierarchical-softmax' }, {}],
  ['skip-gram, n-grams', { subwords }, {}],
  ['skip-gram, n-grams, hierarchical softmax', { subwords, loss: 'hierarchical-softmax' }, {}],
  ['CBOW, n-grams', { subwords, architecture: 'cbow' }, {}],
]

describe('the reference', () => {
  it('moves down the numerical gradient of its loss', () => {
    const inputs = [[0.3, -0.5, 0.2], [1.1, 0.4, -0.7]]
    const outputs = [[0.6, 0.1, -0.3], [-0.2, 0.9, 0.5], [0.7, 0.7, 0.1]]
    const labels = [1, 0, 0]
    const changes = blockChanges(inputs, outputs, labels, 1)
    for (const [rows, of] of [[inputs, changes.inputs], [outputs, changes.outputs]] as const) {
      for (const [i, row] of rows.entries()) {
        for (const d of row.keys()) {
          const value = row[d]!
          const at = (shifted: number) => {
            row[d] = shifted
            const loss = blockLoss(inputs, outputs, labels)
            row[d] = value
            return loss
          }
          const h = 1e-5
          expect(-(at(value + h) - at(value - h)) / (2 * h)).toBeCloseTo(of[i]![d]!, 8)
        }
      }
    }
  })
})

describe.each(cases)('%s', (_, config, options) => {
  const small = { dimensions: 10, ...config }
  const given = { learningRate: 0.1, window: 3, negatives: 5, sample: 0, threads: 1, ...options }

  it('is what the reference computes in float64', () => {
    const { kernel, arena, input, output, reference, rows } = setUp(small, given)
    const before = rows(input)
    // The last token list ends without an end of sentence.
    const address = arena.put(Uint32Array.from(tokens))
    expect(kernel.train(address, tokens.length, 1)).toBe(tokens.length)
    const known = sentences.map((sentence) => sentence.filter((word) => word !== LEFT_OUT))
    const expected = referenceTrain(reference, known, SEED)
    expect(kernel.examplesOfThread()).toBe(expected.examples)
    expect(kernel.lossOfThread() / expected.loss).toBeCloseTo(1, 5)
    // Some hundred float32 steps of size 0.1 on numbers up to 2.
    expect(difference(rows(input), reference.input)).toBeLessThan(2e-5)
    expect(difference(rows(output), reference.output)).toBeLessThan(2e-5)
    expect(difference(rows(input), before)).toBeGreaterThan(0.1)
    // Padding stays zero, or rows would grow together.
    for (let i = 0; i < input.rows; i++) {
      expect(input.values.subarray(i * input.stride + input.width, (i + 1) * input.stride).every((value) => value === 0)).toBe(true)
    }
  })

  it('does not depend on how the tokens are cut', () => {
    const [whole, cut] = [setUp(small, given), setUp(small, given)]
    whole.kernel.train(whole.arena.put(Uint32Array.from(tokens)), tokens.length, 1)
    const address = cut.arena.take(4 * 25)
    for (let at = 0; at < tokens.length;) {
      const piece = tokens.slice(at, at + 25)
      cut.arena.uint32(address, piece.length).set(piece)
      const done = cut.kernel.train(address, piece.length, at + piece.length === tokens.length ? 1 : 0)
      expect(done).toBeGreaterThan(0)
      at += done
    }
    expect(cut.input.values).toEqual(whole.input.values)
    expect(cut.output.values).toEqual(whole.output.values)
  })
})

describe('scores far from 0', () => {
  it.each([30, -30, 200])('lose what they should: scale %f', (scale) => {
    const { kernel, arena, input, output, reference } = setUp({ dimensions: 8 }, { learningRate: 1e-6, window: 2, sample: 0, threads: 1 })
    for (const table of [input.values, output.values]) for (let i = 0; i < table.length; i++) table[i]! *= Math.sqrt(Math.abs(scale)) * (table === output.values ? Math.sign(scale) : 1)
    for (const [rows, table] of [[reference.input, input], [reference.output, output]] as const) {
      for (let i = 0; i < rows.length; i++) rows[i] = Array.from(table.row(i))
    }
    kernel.train(arena.put(Uint32Array.from(tokens)), tokens.length, 1)
    const expected = referenceTrain(reference, sentences.map((sentence) => sentence.filter((word) => word !== LEFT_OUT)), SEED)
    expect(kernel.lossOfThread() / expected.loss).toBeCloseTo(1, 5)
  })
})

describe('the learning rate', () => {
  it.each([[0.5, 0.5], [1, 1e-4]])('after %f of all words is %f of the first', (done, share) => {
    const { kernel, arena, input, reference, rows, start, progress } = setUp({ dimensions: 8 }, { learningRate: 0.1, sample: 0, threads: 1, epochs: 2 })
    const total = 2 * vocabulary.total
    new BigInt64Array(arena.memory.buffer, progress, 1)[0] = BigInt(done * total)
    start()
    kernel.train(arena.put(Uint32Array.from(tokens)), tokens.length, 1)
    kernel.finish()
    // The rate is set every 10,000 words: these few hundred have the first one.
    const exact = 1 - (done * total) / (total + 1)
    reference.rate = Math.fround(0.1 * Math.max(1e-4, exact))
    expect(exact).toBeCloseTo(done === 1 ? 0 : share, 2)
    const known = sentences.map((sentence) => sentence.filter((word) => word !== LEFT_OUT))
    referenceTrain(reference, known, SEED)
    expect(difference(rows(input), reference.input)).toBeLessThan(2e-5)
    const trained = known.reduce((sum, { length }) => sum + length + 1, 0)
    expect(new BigInt64Array(arena.memory.buffer, progress, 1)[0]).toBe(BigInt(done * total + trained))
  })

  it('falls with the words that all threads have done', () => {
    const { kernel, arena, output, start, progress } = setUp({ dimensions: 8 }, { learningRate: 0.1, sample: 0, threads: 1, epochs: 1000 })
    start()
    const address = arena.put(Uint32Array.from(tokens))
    const done = new BigInt64Array(arena.memory.buffer, progress, 1)
    const moved = () => {
      const before = output.values.slice()
      kernel.train(address, tokens.length, 1)
      return Math.hypot(...output.values.map((value, i) => value - before[i]!))
    }
    const early = moved()
    // Another thread has done nearly all: this one learns of it when it has done 10,000 words more.
    done[0] = BigInt(1000 * vocabulary.total)
    for (let words = 0; words < 11_000; words += tokens.length) kernel.train(address, tokens.length, 1)
    expect(moved()).toBeLessThan(early / 100)
  })
})

describe('noise', () => {
  it('is drawn by count to the power 0.75, never the end of a sentence', () => {
    const { kernel } = setUp({ dimensions: 8 }, {})
    const draws = 200_000
    const seen = new Float64Array(words.length)
    for (let i = 0; i < draws; i++) seen[kernel.drawNoise()]! += 1
    expect(seen[0]).toBe(0)
    const weights = counts.map((count, i) => (i === 0 ? 0 : count ** 0.75))
    const sum = weights.reduce((a, b) => a + b)
    const chiSquare = weights.reduce((total, weight, i) => {
      const wanted = (draws * weight) / sum
      return i === 0 ? total : total + (seen[i]! - wanted) ** 2 / wanted
    }, 0)
    // Eight degrees of freedom: beyond 26.1 once in a thousand seeds.
    expect(chiSquare).toBeLessThan(26.1)
  })
})
