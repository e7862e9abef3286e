import { createHash } from 'node:crypto'
import { UsageError } from '@parlance/nn/command-line'
import { Random } from '@parlance/runtime'
import { loadTokenizer, type Tokenizer, trainBpe } from '@parlance/tokenizer'
import type { TrainingConfig } from './config.js'
import { type Examples, encodePairs } from './examples.js'
import { cleanPairs, type CleaningReport, type Pair, readPairs } from './pairs.js'
import { SPECIAL_TOKENS } from './special-tokens.js'
import { checkSpecialTokens } from './text-codec.js'

/** Files of sentence pairs: one TSV, or one file a side. */
export interface TrainingFiles {
  train: readonly string[]
  valid: readonly string[]
  /** A tokenizer.json to use instead of training one. */
  tokenizer?: string | undefined
}

export interface TrainingData {
  readonly tokenizer: Tokenizer
  readonly train: Examples
  readonly valid: Examples
  readonly validPairs: readonly Pair[]
  readonly cleaning: CleaningReport
  /** Of the tokens of both parts: says whether a resumed run goes on with the same data. */
  readonly hash: string
}

/** `count` of the pairs, drawn at random, in the order of the file; all when there are no more. */
function drawPairs(pairs: readonly Pair[], count: number | undefined, seed: number): readonly Pair[] {
  if (count === undefined || count >= pairs.length) return pairs
  const drawn = new Random(seed, 'pairs').permutation(pairs.length).subarray(0, count).sort()
  return Array.from(drawn, (index) => pairs[index] as Pair)
}

function* texts(pairs: readonly Pair[]): Generator<string> {
  for (const { source, target } of pairs) yield* [` ${source}`, ` ${target}`]
}

function hashOf(...parts: readonly Examples[]): string {
  const hash = createHash('sha256')
  for (const { sources, targets } of parts) {
    for (const { tokens, starts } of [sources, targets]) hash.update(starts).update(tokens)
  }
  return hash.digest('hex')
}

/**
 * Reads, draws, cleans and encodes; the joint vocabulary is learned from both sides of what is trained on.
 *
 * @throws Error, one line, for files that cannot be used or when no pair remains
 */
export async function prepareData(files: TrainingFiles, config: TrainingConfig): Promise<TrainingData> {
  const { pairs: trainPairs, report } = cleanPairs(drawPairs(readPairs(files.train), config.pairs, config.seed), config.maxRatio)
  const { pairs: validPairs } = cleanPairs(readPairs(files.valid), Infinity)
  const [trainName, validName] = [files.train.join(', '), files.valid.join(', ')]
  if (trainPairs.length === 0) throw new Error(`${trainName}: no sentence pair is left after cleaning, of ${report.read}.`)
  if (validPairs.length === 0) throw new Error(`${validName}: there is no sentence pair with two sides.`)
  const tokenizer = await makeTokenizer(files.tokenizer, trainPairs, config.vocabSize)
  const { examples: train, tooLong } = encodePairs(tokenizer, trainPairs, config.maxTokens)
  const { examples: valid } = encodePairs(tokenizer, validPairs, config.maxTokens)
  if (train.count === 0 || valid.count === 0) {
    const file = train.count === 0 ? trainName : validName
    throw new Error(`${file}: every pair is longer than ${config.maxTokens} tokens: raise maxTokens.`)
  }
  const cleaning = { ...report, length: tooLong, kept: train.count }
  return { tokenizer, train, valid, validPairs, cleaning, hash: hashOf(train, valid) }
}

async function makeTokenizer(file: string | undefined, pairs: readonly Pair[], vocabSize: number): Promise<Tokenizer> {
  if (file === undefined) return trainBpe(texts(pairs), { vocabSize, specialTokens: SPECIAL_TOKENS })
  const tokenizer = await loadTokenizer(file)
  checkSpecialTokens(tokenizer, file)
  if (tokenizer.vocabSize > vocabSize) {
    throw new UsageError(`${file}: has ${tokenizer.vocabSize} tokens, more than vocabSize, ${vocabSize}: raise vocabSize.`)
  }
  return tokenizer
}
