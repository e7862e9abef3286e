import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { EmbeddingError } from '../errors.js'
import { linesOf } from '../text/read-texts.js'
import { wordsOf } from '../text/words.js'
import { HnswIndex } from '../vectors/hnsw-index.js'
import { NearestWords, type Neighbour } from '../vectors/nearest.js'
import { ExactIndex, type SearchIndex } from '../vectors/search-index.js'
import type { WordVectors } from '../vectors/word-vectors.js'
import { type Io, readStdin } from './io.js'
import { loadVectors } from './vectors-option.js'

export interface AnalogyFlags {
  readonly vectors: string
  readonly count: number
  readonly json?: true
}

export interface NearestFlags extends AnalogyFlags {
  readonly index: 'exact' | 'hnsw'
  readonly indexFile?: string
  readonly expansionSearch?: number
}

/** The index that flags name: read where it was saved, else made, and saved where that was asked for. */
async function indexOf(vectors: WordVectors, { index: kind, indexFile, expansionSearch }: NearestFlags): Promise<SearchIndex> {
  if (kind === 'exact') return new ExactIndex(vectors)
  const options = expansionSearch === undefined ? {} : { expansionSearch }
  if (indexFile !== undefined && existsSync(indexFile)) return HnswIndex.load(indexFile, vectors, options)
  const index = await HnswIndex.build(vectors, options)
  if (indexFile !== undefined) index.save(indexFile)
  return index
}

/** Writes the nearest words of each word that is named or comes in on standard input. */
export async function nearestCommand(words: readonly string[], flags: NearestFlags, command: Command, io: Io): Promise<void> {
  const { vectors: path, count, json } = flags
  if (flags.index === 'exact' && (flags.indexFile ?? flags.expansionSearch) !== undefined) {
    command.error("error: options '--index-file' and '--expansion-search' need '--index hnsw'")
  }
  const { vectors, vector } = await loadVectors(path)
  const nearest = new NearestWords(vectors, await indexOf(vectors, flags))
  for await (const word of asked(words, io)) {
    const query = vector(word)
    if (!query) throw new EmbeddingError(`There is no vector of ${JSON.stringify(word)} among ${vectors.size} words.`)
    const neighbours = nearest.ofVector(query, count, [word])
    io.stdout.write(json ? `${JSON.stringify({ word, neighbours: neighbours.map(rounded) })}\n` : `${word}\n${listed(neighbours)}`)
  }
}

/** Writes the words that are to c as b is to a. */
export async function analogyCommand(
  [a, b, c]: readonly [string, string, string],
  { vectors: path, count, json }: AnalogyFlags,
  io: Io,
): Promise<void> {
  const { vectors } = await loadVectors(path)
  const answers = new NearestWords(vectors).analogy(a, b, c, count)
  io.stdout.write(json ? `${JSON.stringify({ a, b, c, answers: answers.map(rounded) })}\n` : `${a} : ${b} :: ${c} : ?\n${listed(answers)}`)
}

async function* asked(words: readonly string[], io: Io): AsyncGenerator<string> {
  yield* words
  if (words.length > 0) return
  for await (const { line } of linesOf(readStdin(io))) yield* wordsOf(line)
}

function rounded({ word, similarity }: Neighbour): Neighbour {
  return { word, similarity: Number(similarity.toFixed(4)) }
}

function listed(neighbours: readonly Neighbour[]): string {
  return neighbours.map(({ word, similarity }) => `  ${similarity.toFixed(4)}  ${word}\n`).join('')
}
