import { createHash } from 'node:crypto'
import { Random } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { cleanPairs, type CleaningReport, LeftOutPairs } from '../cleaning/clean-pairs.js'
import type { TrainingConfig } from '../config.js'
import { type Direction, languageTag, SYNTHETIC_TAG } from '../multilingual/languages.js'
import { type Part, readParts, turned } from './data-files.js'
import { concatExamples, type Examples, encodePairs } from './examples.js'
import type { Pair } from './read-pairs.js'
import { type Share, temperatureRepeats } from './sampling.js'
import { makeTokenizer } from './tokenizer.js'

/** What training reads; see `readParts` for how files of pairs are named. */
export interface TrainingFiles {
  train: readonly string[]
  valid: readonly string[]
  /** Pairs whose source a model made up, in the direction in which they are learned. Sources that begin with `<bt> ` are tagged. */
  synthetic?: readonly string[] | undefined
  /** A tokenizer.json to use instead of training one. Tags that it lacks are added. */
  tokenizer?: string | undefined
}

/** Validation pairs of one direction. */
interface ValidationSet {
  readonly direction: Direction | undefined
  readonly pairs: readonly Pair[]
}

export interface TrainingData {
  readonly tokenizer: Tokenizer
  readonly train: Examples
  /** How often each example is shown in an epoch. */
  readonly shares: readonly Share[]
  readonly valid: Examples
  readonly validation: readonly ValidationSet[]
  readonly cleaning: readonly { name: string; report: CleaningReport }[]
  /** Of the tokens of both parts and the shares: says whether a resumed run goes on with the same data. */
  readonly hash: string
}

/** A part after cleaning, with what is left out of it. */
interface CleanPart extends Part {
  readonly synthetic: boolean
  readonly leftOut: CleaningReport
}

/**
 * Reads, draws, cleans and encodes; the joint vocabulary is learned from both sides of what is trained on.
 *
 * @throws UsageError for names of files and languages that cannot work
 * @throws Error, one line, for files that cannot be used or when no pair remains
 */
export async function prepareData(files: TrainingFiles, config: TrainingConfig): Promise<TrainingData> {
  const clean = cleanParts(files, config)
  const parts = [...turnedParts(clean.filter(({ synthetic }) => !synthetic), config), ...clean.filter(({ synthetic }) => synthetic)]
  const validation = validationSets(files, config, parts)
  const tokenizer = await makeTokenizer(files.tokenizer, parts, config.vocabSize)
  const encode = (part: { direction: Direction | undefined; pairs: readonly Pair[] }) =>
    encodePairs(tokenizer, part.pairs, config.maxTokens, (pair) => prefixOf(tokenizer, part.direction, pair))
  const encoded = parts.map(encode)
  const train = concatExamples(encoded.map(({ examples }) => examples))
  const valid = concatExamples(validation.map((set) => encode(set).examples))
  if (train.count === 0 || valid.count === 0) {
    const names = train.count === 0 ? files.train : files.valid
    throw new Error(`${names.join(', ')}: every pair is longer than ${config.maxTokens} tokens: raise maxTokens.`)
  }
  const shares = sharesOf(parts, encoded.map(({ examples }) => examples.count), config)
  const cleaning = clean.map(({ name, leftOut }) => {
    const at = parts.findIndex((part) => part.name === name)
    return { name, report: withTooLong(leftOut, encoded[at]?.tooLong ?? []) }
  })
  return { tokenizer, train, shares, valid, validation, cleaning, hash: hashOf([train, valid], shares) }
}

/** `count` of the pairs, drawn at random, in the order of the file; all when there are no more. */
function drawPairs(pairs: readonly Pair[], count: number | undefined, seed: number): readonly Pair[] {
  if (count === undefined || count >= pairs.length) return pairs
  const drawn = new Random(seed, 'pairs').permutation(pairs.length).subarray(0, count).sort()
  return Array.from(drawn, (index) => pairs[index] as Pair)
}

function cleanParts(files: TrainingFiles, config: TrainingConfig): CleanPart[] {
  const real = readParts(files.train).map((part) => ({ ...part, pairs: drawPairs(part.pairs, config.pairs, config.seed), synthetic: false }))
  const synthetic = files.synthetic?.length ? readParts(files.synthetic) : []
  const marked = synthetic.map((part) => ({ ...part, pairs: part.pairs.map(readTag), synthetic: true }))
  return [...real, ...marked].map((part) => {
    const { pairs, report } = cleanPairs(part.pairs, config)
    if (pairs.length === 0) throw new Error(`${part.name}: no sentence pair is left after cleaning, of ${report.read}.`)
    return { ...part, pairs, leftOut: report }
  })
}

function readTag(pair: Pair): Pair {
  const mark = `${SYNTHETIC_TAG} `
  return pair.source.startsWith(mark) ? { ...pair, source: pair.source.slice(mark.length), tagged: true } : pair
}

function turnedParts(parts: readonly CleanPart[], config: TrainingConfig): CleanPart[] {
  return turned(parts, config.directions).map((part, i) => ({ ...(parts[i % parts.length] as CleanPart), ...part }))
}

function validationSets(files: TrainingFiles, config: TrainingConfig, parts: readonly Part[]): ValidationSet[] {
  const sets = turned(readParts(files.valid), config.directions).map(({ name, direction, pairs }) => {
    const { pairs: kept } = cleanPairs(pairs, { maxRatio: Infinity, cleaning: 'basic' })
    if (kept.length === 0) throw new Error(`${name}: there is no sentence pair with two sides.`)
    return { name, direction, pairs: kept }
  })
  const trained = new Set(parts.map(({ direction }) => direction?.to))
  const foreign = sets.find(({ direction }) => !trained.has(direction?.to))
  if (foreign) {
    const into = (language: string | undefined) => (language === undefined ? 'a language without a name' : `"${language}"`)
    throw new Error(
      `${foreign.name}: translates into ${into(foreign.direction?.to)}, which is not among what is trained: ` +
        `${[...trained].map(into).join(', ')}.`,
    )
  }
  return sets
}

function prefixOf(tokenizer: Tokenizer, direction: Direction | undefined, pair: Pair): number[] {
  const tags = [...(direction ? [languageTag(direction.to)] : []), ...(pair.tagged ? [SYNTHETIC_TAG] : [])]
  return tags.map((tag) => tokenizer.tokenToId(tag) as number)
}

function sharesOf(parts: readonly CleanPart[], counts: readonly number[], config: TrainingConfig): Share[] {
  const real = parts.flatMap(({ synthetic }, i) => (synthetic ? [] : [i]))
  const repeats = temperatureRepeats(real.map((i) => counts[i] as number), config.samplingTemperature)
  const hasSynthetic = real.length < parts.length
  let start = 0
  return parts.map((part, i) => {
    const end = start + (counts[i] as number)
    const own = part.synthetic ? 1 : (repeats[real.indexOf(i)] as number) * (hasSynthetic ? config.upsample : 1)
    const share = { start, end, repeats: own }
    start = end
    return share
  })
}

function withTooLong(report: CleaningReport, tooLong: readonly Pair[]): CleaningReport {
  const leftOut = new LeftOutPairs()
  for (const pair of tooLong) leftOut.add('length', pair)
  return { read: report.read, kept: report.kept - tooLong.length, leftOut: { ...report.leftOut, ...leftOut.report() } }
}

function hashOf(parts: readonly Examples[], shares: readonly Share[]): string {
  const hash = createHash('sha256')
  for (const { sources, targets } of parts) {
    for (const { tokens, starts } of [sources, targets]) hash.update(starts).update(tokens)
  }
  // Data shown once have the hash that they had before there were shares.
  if (shares.some(({ repeats }) => repeats !== 1)) hash.update(JSON.stringify(shares))
  return hash.digest('hex')
}
