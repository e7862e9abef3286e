/**
 * Nearest words: exact search beside HNSW, in turns: queries a second, and how many of the ten nearest HNSW finds.
 *
 *     npm run bench -- embeddings/nearest [--vectors FILE] [--queries N] [--rounds N] [--epochs N]
 *
 * Without vectors, skip-gram ones of the recipe `books` are trained first (100 dimensions). Queries are words at even
 * distances through the vocabulary, itself left out; one at a time on one thread.
 */
import { parseArgs } from 'node:util'
import { prepare } from '@parlance/corpora'
import { median } from '../../../test/bench/timing.js'
import { HnswIndex, NearestWords, readTexts, readVectors, trainWord2Vec, type WordVectors } from '../src/index.js'

const { values: flags } = parseArgs({
  options: {
    vectors: { type: 'string' },
    queries: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '5' },
  },
})
const COUNT = 10

async function load(): Promise<WordVectors> {
  if (flags.vectors !== undefined) return readVectors(flags.vectors)
  const texts = readTexts([(await prepare('books'))['words.txt']!])
  return (await trainWord2Vec(texts, { epochs: Number(flags.epochs), sample: 1e-4 })).model.vectors()
}

const vectors = await load()
const queries = Array.from({ length: Number(flags.queries) }, (_, i) => vectors.words[Math.floor((i * vectors.size) / Number(flags.queries))]!)
const asked = (search: NearestWords): { found: Set<string>[]; rate: number } => {
  const started = performance.now()
  const found = queries.map((word) => new Set(search.ofWord(word, COUNT).map((neighbour) => neighbour.word)))
  return { found, rate: (1000 * queries.length) / (performance.now() - started) }
}

console.log(`${vectors.size} words of ${vectors.width}, ${queries.length} queries for ${COUNT} words, median of ${flags.rounds} rounds`)
const exact = new NearestWords(vectors)
const truth = asked(exact).found
for (const expansionSearch of [32, 64, 128, 256]) {
  const started = performance.now()
  const index = await HnswIndex.build(vectors, { threads: 1, expansionSearch })
  const seconds = (performance.now() - started) / 1000
  const approximate = new NearestWords(vectors, index)
  const rates: { exact: number[]; hnsw: number[] } = { exact: [], hnsw: [] }
  let recall = 0
  for (let round = 0; round < Number(flags.rounds); round++) {
    rates.exact.push(asked(exact).rate)
    const { found, rate } = asked(approximate)
    rates.hnsw.push(rate)
    recall = found.reduce((sum, words, i) => sum + [...words].filter((word) => truth[i]!.has(word)).length, 0) / (COUNT * queries.length)
  }
  const [byExact, byHnsw] = [median(rates.exact), median(rates.hnsw)]
  console.log(
    `HNSW, expansion ${expansionSearch}: recall@${COUNT} ${recall.toFixed(4)}, ${Math.round(byHnsw)} queries/s, built in ${seconds.toFixed(1)} s; ` +
      `exact: ${Math.round(byExact)} queries/s (${(byHnsw / byExact).toFixed(1)} times)`,
  )
}
