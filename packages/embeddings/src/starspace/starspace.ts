import { EmbeddingError } from '../errors.js'
import { SharedArena } from '../memory/shared-arena.js'
import { Table } from '../memory/table.js'
import { wordsOf } from '../text/words.js'
import type { EpochReport } from '../threads/run-epochs.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { isTag, StarSpaceDataset, type StarSpaceTexts } from './dataset.js'
import { Features } from './features.js'
import { resolveStarSpace, type StarSpaceConfig, type StarSpaceOptions } from './options.js'
import { Scorer } from './scorer.js'
import { trainStarSpaceTable } from './train.js'

/** A label or page with how well it goes with what was asked. */
export interface Prediction {
  readonly label: string
  /** Cosine or dot product. */
  readonly score: number
}

/** A StarSpace model (Wu, Fisch, Chopra, Adams, Bordes and Weston 2018): words, n-grams, labels and pages in one space. */
export class StarSpace {
  private readonly features: Features
  private scorers: { tags: Scorer; pages: Scorer } | undefined

  private constructor(
    readonly config: StarSpaceConfig,
    readonly words: readonly string[],
    /** Labels begin with `__label__`, pages do not. */
    readonly labels: readonly string[],
    private readonly arena: SharedArena,
    private readonly table: Table,
  ) {
    this.features = new Features([...words, ...labels], config.ngrams, config.buckets)
  }

  /**
   * @param values of a saved model, (words + labels + n-gram buckets, dimensions); default: random by `seed`
   * @throws EmbeddingError for a name that is there twice, values of another size, or more than 4 GiB of them
   */
  static create(
    config: StarSpaceConfig,
    { words, labels }: { words: readonly string[]; labels: readonly string[] },
    { values, seed = 1 }: { values?: Float32Array; seed?: number } = {},
  ): StarSpace {
    const { rows } = new Features([...words, ...labels], config.ngrams, config.buckets)
    const arena = new SharedArena()
    const table = new Table(arena, rows, config.dimensions)
    if (values && values.length !== rows * config.dimensions) {
      throw new EmbeddingError(`${rows} rows of ${config.dimensions} need ${rows * config.dimensions} values, got ${values.length}.`)
    }
    if (values) table.fill(values)
    else table.randomize(0, rows, seed)
    return new StarSpace(config, words, labels, arena, table)
  }

  /** The vectors of words, labels and n-gram buckets, copied: (rows, dimensions). */
  values(): Float32Array {
    return this.table.dense()
  }

  /** The vectors of words and labels, copied. */
  vectors(): WordVectors {
    const names = [...this.words, ...this.labels]
    return new WordVectors(names, this.values().subarray(0, names.length * this.config.dimensions), this.config.dimensions)
  }

  /**
   * The vector of a bag of words, labels or pages, with the n-grams of words, (dimensions); undefined where nothing in it is
   * known.
   */
  embed(text: string | readonly string[]): Float32Array | undefined {
    const rows = this.features.of(typeof text === 'string' ? wordsOf(text) : text)
    return this.sum(rows)
  }

  /** The labels that go best with a text, in which labels are passed over. Empty where no word of it is known. */
  predictTags(text: string | readonly string[], count = 1): Prediction[] {
    const words = typeof text === 'string' ? wordsOf(text) : text
    const query = this.embed(words.filter((word) => !isTag(word)))
    return query ? this.scorer('tags').best(query, count) : []
  }

  /** The pages that go best with those that a user likes, themselves left out. Empty where none of them is known. */
  predictPages(liked: readonly string[], count = 10): Prediction[] {
    const query = this.embedPages(liked)
    return query ? this.scorer('pages').best(query, count, new Set(liked)) : []
  }

  /** The vector of pages without n-grams. */
  embedPages(pages: readonly string[]): Float32Array | undefined {
    return this.sum(pages.map((page) => this.features.rowOf(page)).filter((row) => row !== undefined))
  }

  /** What compares vectors with all labels or all pages. */
  scorer(kind: 'tags' | 'pages'): Scorer {
    if (!this.scorers) {
      const of = (tags: boolean) => {
        const names = this.labels.filter((label) => isTag(label) === tags)
        return new Scorer(names, names.map((name) => this.table.row(this.features.rowOf(name)!)), this.config.similarity)
      }
      this.scorers = { tags: of(true), pages: of(false) }
    }
    return this.scorers[kind]
  }

  /**
   * Trains on examples that have been read. What is not in the model is passed over.
   *
   * @throws EmbeddingError for options out of range, a task without usable examples, or a loss that is no number any more
   */
  async train(dataset: StarSpaceDataset, options: Omit<StarSpaceOptions, keyof StarSpaceConfig> = {}): Promise<EpochReport[]> {
    const { training } = resolveStarSpace({ ...options, ...this.config })
    this.scorers = undefined
    const examples = dataset.arrange(this.features, training.negatives)
    return trainStarSpaceTable(this.arena, this.table, examples, this.config, training, options)
  }

  /**
   * Sets the vectors of known names to given ones.
   *
   * @returns how many
   * @throws EmbeddingError for another width
   */
  initialize(vectors: WordVectors): number {
    const { dimensions } = this.config
    if (vectors.width !== dimensions) throw new EmbeddingError(`The initial vectors are ${vectors.width} wide and the model ${dimensions}: they must agree.`)
    this.scorers = undefined
    let found = 0
    for (const [row, name] of this.features.names.entries()) {
      const vector = vectors.vector(name)
      if (!vector) continue
      this.table.row(row).set(vector)
      found++
    }
    return found
  }

  private sum(rows: readonly number[]): Float32Array | undefined {
    if (rows.length === 0) return undefined
    const sum = new Float32Array(this.config.dimensions)
    const scale = rows.length ** -this.config.exponent
    for (const row of rows) for (const [d, value] of this.table.row(row).entries()) sum[d]! += scale * value
    return sum
  }
}

/**
 * Learns a space from files of tags, pages and sentences.
 *
 * @throws EmbeddingError for options out of range, texts that cannot be read or hold no examples
 */
export async function trainStarSpace(texts: StarSpaceTexts, options: StarSpaceOptions = {}): Promise<{ model: StarSpace; epochs: EpochReport[] }> {
  const { config, training } = resolveStarSpace(options)
  const dataset = await StarSpaceDataset.read(texts)
  const model = StarSpace.create(config, dataset.frequent(training), { seed: training.seed })
  if (options.initial) model.initialize(options.initial)
  return { model, epochs: await model.train(dataset, options) }
}
