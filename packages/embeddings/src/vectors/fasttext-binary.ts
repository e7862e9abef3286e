import { writeFileAtomic } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { END_OF_SENTENCE } from '../text/words.js'
import type { TrainingOptions, Word2VecConfig } from '../word2vec/options.js'
import { Vocabulary } from '../word2vec/vocabulary.js'
import { Word2Vec } from '../word2vec/word2vec.js'
import { BinaryReader } from './binary-reader.js'
import { inLargePieces } from './word2vec-binary.js'

/** What a fastText model begins with. */
export const FASTTEXT_MAGIC = 793_712_314
const VERSION = 12
const LONGEST_WORD = 10_000
const NEGATIVE_SAMPLING = 2
const ARCHITECTURES = { cbow: 1, 'skip-gram': 2 } as const

interface Arguments {
  dim: number
  loss: number
  model: number
  bucket: number
  minn: number
  maxn: number
}

function readArguments(reader: BinaryReader): Arguments {
  const { file } = reader
  if (reader.int32('the magic number') !== FASTTEXT_MAGIC) throw new EmbeddingError(`${file}: is no fastText model: its first bytes are others.`)
  const version = reader.int32('the version')
  if (version !== VERSION) throw new EmbeddingError(`${file}: is a fastText model of version ${version}: only ${VERSION} is read.`)
  const names = ['dim', 'ws', 'epoch', 'minCount', 'neg', 'wordNgrams', 'loss', 'model', 'bucket', 'minn', 'maxn', 'lrUpdateRate'] as const
  const values = Object.fromEntries(names.map((name) => [name, reader.int32(name)])) as Record<(typeof names)[number], number>
  reader.float64('t')
  if (!Object.values(ARCHITECTURES).includes(values.model as 1) || values.loss !== NEGATIVE_SAMPLING) {
    throw new EmbeddingError(
      `${file}: is a fastText model of another kind (model ${values.model}, loss ${values.loss}): skip-gram and CBOW with ` +
        'negative sampling are read; take its .vec file.',
    )
  }
  return values
}

function readDictionary(reader: BinaryReader): { words: string[]; counts: number[] } {
  const { file } = reader
  const size = reader.int32('the number of entries')
  const count = reader.int32('the number of words')
  const labels = reader.int32('the number of labels')
  reader.int64('the number of tokens')
  const pruned = reader.int64('the number of pruned n-grams')
  if (size !== count || labels !== 0 || size < 1) throw new EmbeddingError(`${file}: has ${size} entries, ${count} words and ${labels} labels: expected words alone.`)
  if (pruned > 0) throw new EmbeddingError(`${file}: its n-grams are pruned, which is not read: take the model before it was quantized.`)
  // An entry is a byte of text at least, a zero, a count and a type.
  reader.require(11 * size, `a dictionary of ${size} words`)
  const words: string[] = []
  const counts: number[] = []
  for (let i = 0; i < size; i++) {
    words.push(reader.textUntil(0, LONGEST_WORD, `word ${i + 1} of ${size}`))
    counts.push(reader.int64('a count'))
    reader.int8('a type')
  }
  return { words, counts }
}

function readMatrix(reader: BinaryReader, what: string, rows: number, width: number): Float32Array {
  const { file } = reader
  if (reader.int8(`whether the ${what} is quantized`) !== 0) throw new EmbeddingError(`${file}: its ${what} is quantized, which is not read: take the model before it was quantized.`)
  const [m, n] = [reader.int64(`the rows of the ${what}`), reader.int64(`the width of the ${what}`)]
  if (m !== rows || n !== width) throw new EmbeddingError(`${file}: its ${what} is ${m} rows of ${n}, and ${rows} of ${width} were expected: the file is damaged.`)
  const values = reader.float32(m * n, `the ${what}`)
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) throw new EmbeddingError(`${file}: row ${Math.floor(wrong / n) + 1} of its ${what} holds ${values[wrong]}.`)
  return values
}

/** A table with one row moved to its front; -1: with a row of zeros there. */
function rowFirst(values: Float32Array, row: number, width: number): Float32Array {
  if (row === 0) return values
  const moved = new Float32Array(values.length + (row < 0 ? width : 0))
  if (row < 0) {
    moved.set(values, width)
    return moved
  }
  moved.set(values.subarray(row * width, (row + 1) * width))
  moved.set(values.subarray(0, row * width), width)
  moved.set(values.subarray((row + 1) * width), (row + 1) * width)
  return moved
}

/**
 * Reads a fastText model (`.bin`) of skip-gram or CBOW with negative sampling, n-grams and output table included, so that
 * rare words get vectors and training can go on. The end of a sentence becomes word 0.
 *
 * @throws EmbeddingError for other kinds of models, quantized ones, and damaged files
 */
export function readFastTextBinary(file: string): Word2Vec {
  const reader = new BinaryReader(file)
  try {
    const { dim, model, bucket, minn, maxn } = readArguments(reader)
    if (dim < 1 || bucket < 0 || minn < 0 || maxn < 0) throw new EmbeddingError(`${file}: dimensions ${dim}, buckets ${bucket} and n-grams ${minn} to ${maxn} cannot be: the file is damaged.`)
    const { words, counts } = readDictionary(reader)
    const buckets = maxn > 0 ? bucket : 0
    const input = readMatrix(reader, 'input table', words.length + bucket, dim)
    const output = readMatrix(reader, 'output table', words.length, dim)
    if (reader.left > 0) throw new EmbeddingError(`${file}: ${reader.left} bytes follow the output table: the file is damaged.`)
    const end = words.indexOf(END_OF_SENTENCE)
    const others = (_: unknown, i: number) => i !== end
    const vocabulary = new Vocabulary([END_OF_SENTENCE, ...words.filter(others)], [counts[end] ?? 0, ...counts.filter(others)])
    const config: Word2VecConfig = {
      dimensions: dim,
      architecture: model === ARCHITECTURES.cbow ? 'cbow' : 'skip-gram',
      loss: 'negative-sampling',
      subwords: buckets > 0 ? { minN: Math.max(1, minn), maxN: maxn, buckets } : null,
    }
    const inputRows = rowFirst(input, end, dim)
    const used = (vocabulary.size + buckets) * dim
    return Word2Vec.create(config, vocabulary, { tables: { input: inputRows.subarray(0, used), output: rowFirst(output, end, dim) } })
  } finally {
    reader.close()
  }
}

/**
 * Writes a model that fastText reads (`fasttext nn`, `print-word-vectors`), atomically.
 *
 * @param training what the file says of the training; fastText does not use it when it only looks up vectors
 * @throws EmbeddingError for hierarchical softmax, whose tree fastText would make otherwise
 */
export function writeFastTextBinary(file: string, model: Word2Vec, { window = 5, epochs = 5, negatives = 5, sample = 1e-3 }: TrainingOptions = {}): void {
  const { config, vocabulary } = model
  const { dimensions, architecture, loss, subwords } = config
  if (loss !== 'negative-sampling') {
    throw new EmbeddingError('A fastText model is written of negative sampling only: write vectors (.vec) of hierarchical softmax.')
  }
  const { input, output } = model.tables()
  const parts = function* (): Generator<Uint8Array> {
    const header = [
      FASTTEXT_MAGIC, VERSION, dimensions, window, epochs, 1, negatives, 1, NEGATIVE_SAMPLING, ARCHITECTURES[architecture],
      subwords?.buckets ?? 0, subwords?.minN ?? 0, subwords?.maxN ?? 0, 100,
    ]
    yield bytesOf(Int32Array.from(header))
    yield bytesOf(Float64Array.of(sample))
    yield bytesOf(Int32Array.of(vocabulary.size, vocabulary.size, 0))
    yield bytesOf(BigInt64Array.of(BigInt(vocabulary.total), -1n))
    for (const [i, word] of vocabulary.words.entries()) {
      const entry = Buffer.from(`${word}\0${'\0'.repeat(9)}`)
      entry.writeBigInt64LE(BigInt(vocabulary.counts[i]!), entry.length - 9)
      yield entry
    }
    for (const table of [input, output]) {
      yield Uint8Array.of(0)
      yield bytesOf(BigInt64Array.of(BigInt(table.length / dimensions), BigInt(dimensions)))
      yield bytesOf(table)
    }
  }
  writeFileAtomic(file, inLargePieces(parts()))
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
