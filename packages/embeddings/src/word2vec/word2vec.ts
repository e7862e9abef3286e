import { EmbeddingError } from '../errors.js'
import { SharedArena } from '../memory/shared-arena.js'
import { Table } from '../memory/table.js'
import { type Corpus, readCorpus } from '../text/corpus.js'
import type { Texts } from '../text/read-texts.js'
import type { EpochReport } from '../threads/run-epochs.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { resolveConfig, resolveTraining, type Word2VecConfig, type Word2VecOptions } from './options.js'
import { subwordBuckets } from './subwords.js'
import { trainTables } from './train-tables.js'
import { Vocabulary } from './vocabulary.js'

/** The values of a model's tables, without padding. */
export interface Word2VecTables {
  /** (words + n-gram buckets, dimensions): what vectors are made of. */
  readonly input: Float32Array
  /** (words, dimensions), or the inner nodes of the Huffman tree and a row that is not used. */
  readonly output: Float32Array
}

/** A word2vec or fastText model: both tables, so that its training can go on. */
export class Word2Vec {
  private constructor(
    readonly config: Word2VecConfig,
    readonly vocabulary: Vocabulary,
    private readonly arena: SharedArena,
    private readonly inputTable: Table,
    private readonly outputTable: Table,
  ) {}

  /**
   * @param tables of a checkpoint; default: zeros, and the inputs random by `seed`
   * @throws EmbeddingError for tables of another size, or more than 4 GiB of them
   */
  static create(
    config: Partial<Word2VecConfig>,
    vocabulary: Vocabulary,
    { tables, seed = 1 }: { tables?: Word2VecTables; seed?: number } = {},
  ): Word2Vec {
    const resolved = resolveConfig(config)
    const { dimensions, subwords } = resolved
    const arena = new SharedArena()
    const input = new Table(arena, vocabulary.size + (subwords?.buckets ?? 0), dimensions)
    const output = new Table(arena, vocabulary.size, dimensions)
    if (!tables) input.randomize(0, input.rows, seed)
    else {
      for (const [name, table] of [['input', input], ['output', output]] as const) {
        const { length } = tables[name]
        if (length !== table.rows * dimensions) {
          throw new EmbeddingError(
            `The ${name} table of ${table.rows} rows of ${dimensions} needs ${table.rows * dimensions} values, got ${length}.`,
          )
        }
        table.fill(tables[name])
      }
    }
    return new Word2Vec(resolved, vocabulary, arena, input, output)
  }

  /** Both tables, copied. */
  tables(): Word2VecTables {
    return { input: this.inputTable.dense(), output: this.outputTable.dense() }
  }

  /**
   * The vector of a word, (dimensions): its row, with n-grams the mean of its row and theirs. A word that is not in the
   * vocabulary has the mean of its n-grams; undefined where there are none.
   */
  vector(word: string): Float32Array | undefined {
    const { config, vocabulary, inputTable } = this
    const known = vocabulary.indexOf(word)
    const buckets = config.subwords ? subwordBuckets(word, config.subwords) : []
    const rows = [...(known === undefined ? [] : [known]), ...buckets.map((bucket) => vocabulary.size + bucket)]
    if (rows.length === 0) return undefined
    const mean = new Float32Array(config.dimensions)
    for (const row of rows) for (const [d, value] of inputTable.row(row).entries()) mean[d]! += value / rows.length
    return mean
  }

  /** The vectors of all words, copied. */
  vectors(): WordVectors {
    const { words } = this.vocabulary
    const { dimensions } = this.config
    const values = new Float32Array(words.length * dimensions)
    for (const [i, word] of words.entries()) values.set(this.vector(word)!, i * dimensions)
    return new WordVectors(words, values, dimensions)
  }

  /**
   * Trains on texts that have been read. Counts of the vocabulary decide noise and sub-sampling; words of the corpus that
   * it lacks are passed over.
   *
   * @param options.firstEpoch a later one goes on where a run on one thread, with the same options and corpus, was saved
   *   after the epoch before; default 1
   * @throws EmbeddingError when the loss is no number any more; the tables are then useless
   */
  async train(corpus: Corpus, options: Word2VecOptions & { firstEpoch?: number } = {}): Promise<EpochReport[]> {
    const { config, vocabulary, arena, inputTable: input, outputTable: output } = this
    const training = resolveTraining(options, config)
    return trainTables({ config, vocabulary, arena, input, output }, corpus, training, options, options.firstEpoch)
  }

  /**
   * The model with room for the words of another corpus: rows of known words and of n-grams stay, those of new words
   * begin anew. This one is not to be used afterwards.
   *
   * @throws EmbeddingError with hierarchical softmax, whose tree has no place for new words
   */
  extended(corpus: Corpus, { minCount, maxVocabulary, seed = 1 }: Pick<Word2VecOptions, 'minCount' | 'maxVocabulary' | 'seed'> = {}): Word2Vec {
    const { config, vocabulary: old } = this
    if (config.loss === 'hierarchical-softmax') {
      throw new EmbeddingError('A model with hierarchical softmax takes no new words, as its tree is made of the old ones: train it on known words alone, or anew.')
    }
    const vocabulary = old.extended(corpus.words, corpus.counts, {
      ...(minCount !== undefined && { minCount }),
      ...(maxVocabulary !== undefined && { maxSize: maxVocabulary }),
    })
    const model = Word2Vec.create(config, vocabulary, { seed: seed + old.size })
    const rows = (table: Table, first: number, end: number) => table.values.subarray(first * table.stride, end * table.stride)
    model.inputTable.values.set(rows(this.inputTable, 0, old.size))
    model.inputTable.values.set(rows(this.inputTable, old.size, this.inputTable.rows), vocabulary.size * model.inputTable.stride)
    model.outputTable.values.set(rows(this.outputTable, 0, old.size))
    return model
  }
}

/**
 * Learns word vectors from texts: word2vec (Mikolov, Sutskever, Chen, Corrado and Dean 2013), with `subwords` fastText
 * (Bojanowski et al. 2017).
 *
 * @throws EmbeddingError for options out of range, texts that cannot be read, or no word that is frequent enough
 */
export async function trainWord2Vec(texts: Texts, options: Word2VecOptions = {}): Promise<{ model: Word2Vec; epochs: EpochReport[] }> {
  const config = resolveConfig(options)
  resolveTraining(options, config)
  const corpus = await readCorpus(texts, options.onRead ? { onProgress: options.onRead } : {})
  try {
    const { minCount = 5, maxVocabulary = Infinity } = options
    const vocabulary = Vocabulary.of(corpus.words, corpus.counts, { minCount, maxSize: maxVocabulary })
    if (vocabulary.size === 1) {
      throw new EmbeddingError(`No word of the ${corpus.tokens} in the texts is there ${minCount} times: lower the minimum count.`)
    }
    const model = Word2Vec.create(config, vocabulary, { ...(options.seed !== undefined && { seed: options.seed }) })
    return { model, epochs: await model.train(corpus, options) }
  } finally {
    corpus.dispose()
  }
}

/**
 * Goes on with a trained model on other texts. New words that are frequent enough there get vectors; with hierarchical
 * softmax, or `newWords: false`, they are passed over. The model given is not to be used afterwards.
 */
export async function continueWord2Vec(
  model: Word2Vec,
  texts: Texts,
  { newWords = model.config.loss !== 'hierarchical-softmax', ...options }: Omit<Word2VecOptions, keyof Word2VecConfig> & { newWords?: boolean } = {},
): Promise<{ model: Word2Vec; epochs: EpochReport[] }> {
  const corpus = await readCorpus(texts, options.onRead ? { onProgress: options.onRead } : {})
  try {
    const extended = newWords ? model.extended(corpus, options) : model
    return { model: extended, epochs: await extended.train(corpus, options) }
  } finally {
    corpus.dispose()
  }
}
