import { loadTokenizer } from '@parlance/tokenizer'
import { type Examples, encodePairs, sequence } from '../data/examples.js'
import type { Pair } from '../data/read-pairs.js'
import { paddedLength } from '../graph-model.js'
import { END } from '../special-tokens.js'
import { tokenizerFile } from '../training/model-folder.js'
import { AlignmentTable } from './alignment-table.js'
import { Shortlist } from './shortlist.js'

/** Longer pairs tell little of single words and take the most time. */
const LONGEST = 100

/** A shortlist for the vocabulary of a model folder, learnt from sentence pairs. */
export async function learnShortlist(folder: string, pairs: readonly Pair[]): Promise<Shortlist> {
  const tokenizer = await loadTokenizer(tokenizerFile(folder))
  const { examples } = encodePairs(tokenizer, pairs, LONGEST)
  if (examples.count === 0) throw new Error('There is no sentence pair to learn a shortlist from.')
  return Shortlist.learn(AlignmentTable.learn(examples, tokenizer.vocabSize), examples, [END])
}

/** What of some pairs a shortlist covers. */
export interface ShortlistCoverage {
  /** The share of the target tokens that are on their sentence's list. */
  readonly tokens: number
  /** The share of the target sentences whose tokens all are. */
  readonly sentences: number
  /** Tokens on a list, on average. */
  readonly size: number
}

/** How much of reference translations a shortlist lets a model of a folder say. */
export async function shortlistCoverage(folder: string, shortlist: Shortlist, pairs: readonly Pair[]): Promise<ShortlistCoverage> {
  const { examples } = encodePairs(await loadTokenizer(tokenizerFile(folder)), pairs)
  return coverageOf(shortlist, examples)
}

function coverageOf(shortlist: Shortlist, { count, sources, targets }: Examples): ShortlistCoverage {
  let [tokens, covered, sentences, size] = [0, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    const source = [...sequence(sources, i), END]
    const list = new Set(shortlist.choose(source, paddedLength(source.length)))
    const target = sequence(targets, i)
    const inside = target.filter((token) => list.has(token)).length
    tokens += target.length
    covered += inside
    size += list.size
    if (inside === target.length) sentences++
  }
  return { tokens: covered / tokens, sentences: sentences / count, size: size / count }
}
