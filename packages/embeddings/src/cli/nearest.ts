import { EmbeddingError } from '../errors.js'
import { linesOf } from '../text/read-texts.js'
import { wordsOf } from '../text/words.js'
import { NearestWords, type Neighbour } from '../vectors/nearest.js'
import { type Io, readStdin } from './io.js'
import { loadVectors } from './vectors-option.js'

export interface NearestFlags {
  readonly vectors: string
  readonly count: number
  readonly json?: true
}

/** Writes the nearest words of each word that is named or comes in on standard input. */
export async function nearestCommand(words: readonly string[], { vectors: path, count, json }: NearestFlags, io: Io): Promise<void> {
  const { vectors, vector } = await loadVectors(path)
  const nearest = new NearestWords(vectors)
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
  { vectors: path, count, json }: NearestFlags,
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
