import { EmbeddingError } from '../errors.js'
import { NearestWords } from '../vectors/nearest.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { clusterVectors } from './clusters.js'
import { type MapData, renderMap } from './page.js'
import { type ProjectionOptions, projectVectors } from './projection.js'

export interface PlotOptions extends ProjectionOptions {
  /** Default "Map of vectors". */
  readonly title?: string
  /** Which words; those without a vector are left out. Default: the first 1000. */
  readonly words?: readonly string[]
  /** A group for each word, which decides its colour; words without one are "other". Default: clusters. */
  readonly groups?: ReadonlyMap<string, string>
  /** Where there are no groups. Default 10. */
  readonly clusters?: number
}

const DEFAULT_WORDS = 1000
/** Nearest words that the page knows of each. */
const NEIGHBOURS = 8
/** Words that a cluster is called by. */
const NAMED = 3
const OTHER = 'other'

/**
 * A map of vectors: a page with nothing to load from elsewhere, on which they can be searched, zoomed and asked for their
 * nearest ones by the cosine of the vectors themselves.
 *
 * @throws EmbeddingError for fewer than four words with vectors
 */
export function plotVectors(vectors: WordVectors, options: PlotOptions = {}): string {
  const { method = 'umap', title = 'Map of vectors', clusters = 10 } = options
  const words = (options.words ?? vectors.words.slice(0, DEFAULT_WORDS)).filter((word) => vectors.vector(word))
  if (words.length < 4) throw new EmbeddingError(`A map needs four words with vectors at least, got ${words.length}.`)
  const rows = words.map((word) => vectors.vector(word)!)
  const values = new Float32Array(words.length * vectors.width)
  for (const [i, row] of rows.entries()) values.set(row, i * vectors.width)
  const shown = new WordVectors(words, values, vectors.width)
  const nearest = new NearestWords(shown)
  const places = projectVectors(shown, options)
  const { names, of } = options.groups ? givenGroups(words, options.groups) : namedClusters(shown, clusters)
  const data: MapData = {
    title,
    method,
    groups: names,
    points: words.map((word, i) => ({
      word,
      x: places[2 * i]!,
      y: places[2 * i + 1]!,
      group: of[i]!,
      nearest: nearest.ofWord(word, NEIGHBOURS).map(({ word: other, similarity }) => [shown.indexOf(other)!, similarity]),
    })),
  }
  return renderMap(data)
}

interface Groups {
  readonly names: readonly string[]
  /** (words) */
  readonly of: ArrayLike<number>
}

function givenGroups(words: readonly string[], groups: ReadonlyMap<string, string>): Groups {
  const ofWords = words.map((word) => groups.get(word) ?? OTHER)
  const names = [...new Set(ofWords)].sort((a, b) => Number(a === OTHER) - Number(b === OTHER))
  return { names, of: ofWords.map((name) => names.indexOf(name)) }
}

/** Clusters, each called by its first words. */
function namedClusters({ words, width, values }: WordVectors, count: number): Groups {
  const of = clusterVectors(new WordVectors(words, values, width), count)
  const largest = of.reduce((most, group) => Math.max(most, group), 0)
  const names = Array.from({ length: largest + 1 }, (_, group) => words.filter((_, i) => of[i] === group).slice(0, NAMED).join(', '))
  return { names, of }
}
