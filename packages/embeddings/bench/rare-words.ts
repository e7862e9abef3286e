/**
 * Vectors of words that were never seen: the rarer words of the similarity ratings are taken out of the text, a fastText
 * model is trained on what is left, and their vectors are made of n-grams. Spearman's ρ beside that of zero vectors.
 *
 *     npm run bench -- embeddings/rare-words [--most N] [--epochs N] [--rounds N] [--threads N] [--buckets N] [--lines N]
 *
 * The corpus is that of the recipe `books`, the ratings are looked for in the folder that PARLANCE_CORPORA names. `--most`:
 * rated words that come so often or less are taken out. Pairs count whose words both come in the text as it was. `rare`: pairs
 * with a word that was taken out; a zero vector gives all of them the same similarity there, so that ρ is 0 by convention.
 * `--lines` takes the first lines of the text only.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from '@parlance/corpora'
import { parseRatedPairs, type RatedPair, wordSimilarity } from '@parlance/metrics'
import { trainWord2Vec } from '../src/index.js'

const { values: flags } = parseArgs({
  options: {
    most: { type: 'string', default: '50' },
    epochs: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    buckets: { type: 'string', default: '500000' },
    lines: { type: 'string' },
  },
})

const corpora = process.env['PARLANCE_CORPORA']
if (corpora === undefined) throw new Error('Set PARLANCE_CORPORA to the folder that has the word similarities.')
const lines = readFileSync((await prepare('books'))['words.txt']!, 'utf8').split('\n').slice(0, flags.lines === undefined ? undefined : Number(flags.lines))
const counts = new Map<string, number>()
for (const line of lines) for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1)

const folder = join(corpora, 'word-similarity')
const sets = readdirSync(folder)
  .filter((name) => /^EN-(MEN|SIMLEX|WS-353-ALL)/.test(name))
  .map((name): [name: string, pairs: RatedPair[]] => {
    const pairs = parseRatedPairs(readFileSync(join(folder, name), 'utf8'), name)
    const lower = pairs.map(({ first, second, rating }) => ({ first: first.toLowerCase(), second: second.toLowerCase(), rating }))
    return [name.slice(3, -4), lower.filter(({ first, second }) => counts.has(first) && counts.has(second))]
  })
const rated = new Set(sets.flatMap(([, pairs]) => pairs.flatMap(({ first, second }) => [first, second])))
const removed = new Set([...rated].filter((word) => counts.get(word)! <= Number(flags.most)))
const text = lines.map((line) => line.split(' ').filter((word) => !removed.has(word)).join(' '))
console.log(`${removed.size} of ${rated.size} rated words come ${flags.most} times or less and are taken out`)

const figures = new Map<string, number[]>()
const note = (name: string, value: number) => figures.set(name, [...(figures.get(name) ?? []), Number.isNaN(value) ? 0 : value])
for (let seed = 1; seed <= Number(flags.rounds); seed++) {
  const texts = async function* () { yield* text.map((line) => `${line}\n`) }
  const { model } = await trainWord2Vec(texts, {
    subwords: { minN: 3, maxN: 6, buckets: Number(flags.buckets) }, epochs: Number(flags.epochs), sample: 1e-4, threads: Number(flags.threads), seed,
  })
  const ofNgrams = (word: string) => model.vector(word)
  const ofZeros = (word: string) => (removed.has(word) ? undefined : model.vector(word))
  for (const [name, pairs] of sets) {
    const rare = pairs.filter(({ first, second }) => removed.has(first) || removed.has(second))
    for (const [of, these] of [[`${name} (${pairs.length} pairs)`, pairs], [`${name} rare (${rare.length} pairs)`, rare]] as const) {
      if (these.length < 2) continue
      note(`${of} n-grams`, wordSimilarity(ofNgrams, these, { outOfVocabulary: 'zero' }).spearman)
      note(`${of} zeros`, wordSimilarity(ofZeros, these, { outOfVocabulary: 'zero' }).spearman)
    }
  }
}
for (const [name, values] of figures) console.log(`${name}: 100 ρ ${((100 * values.reduce((sum, value) => sum + value, 0)) / values.length).toFixed(2)} (mean of ${values.length} seeds)`)
