import { stat } from 'node:fs/promises'
import { type Command } from 'commander'
import { type BpeTrainProgress, minVocabSize, trainBpe } from '../bpe-train.js'
import { trainChar } from '../char-tokenizer.js'
import type { Pattern } from '../pre-tokenize.js'
import { decodeTexts, readTexts } from '../read-texts.js'
import { saveTokenizer } from '../save.js'
import type { Tokenizer } from '../tokenizer.js'
import { type Io, STDIN, stdinBytes } from './io.js'
import { progressBars } from './progress.js'

export interface TrainOptions {
  readonly output: string
  readonly type: 'bpe' | 'char'
  readonly vocabSize?: number
  readonly minFrequency?: number
  readonly pattern?: Pattern
  readonly unk?: string
  readonly special: string[]
  readonly json?: true
}

export async function trainCommand(files: string[], options: TrainOptions, command: Command, io: Io): Promise<void> {
  checkUsage(options, command)
  const start = performance.now()
  const texts = files.length > 0 ? readTexts(files) : decodeTexts(stdinBytes(io), STDIN)
  const progress = io.stderr.isTTY ? progressBars(io.stderr, await totalBytes(files)) : undefined
  let tokenizer: Tokenizer
  try {
    tokenizer = await train(texts, options, progress?.update)
  } finally {
    progress?.stop()
  }
  await saveTokenizer(tokenizer, options.output)
  const summary = {
    output: options.output,
    type: options.type,
    vocabSize: tokenizer.vocabSize,
    seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
    hash: tokenizer.hash,
  }
  io.stdout.write(
    options.json
      ? `${JSON.stringify(summary)}\n`
      : `${summary.output}: ${summary.vocabSize} tokens (${summary.type}), ${summary.seconds} s\n`,
  )
}

function train(
  texts: AsyncIterable<string>,
  { type, vocabSize = 4096, minFrequency, pattern, unk, special }: TrainOptions,
  onProgress: ((progress: BpeTrainProgress) => void) | undefined,
): Promise<Tokenizer> {
  if (type === 'char') return trainChar(texts, { specialTokens: special, ...(unk !== undefined && { unkToken: unk }) })
  return trainBpe(texts, {
    vocabSize,
    specialTokens: special,
    ...(minFrequency !== undefined && { minFrequency }),
    ...(pattern !== undefined && { pattern }),
    ...(onProgress && { onProgress }),
  })
}

/** Ends with a usage error for options that do not go together. */
function checkUsage(options: TrainOptions, command: Command): void {
  const { type, vocabSize, minFrequency, pattern, unk, special } = options
  const ofBpe = { '--vocab-size': vocabSize, '--min-frequency': minFrequency, '--pattern': pattern }
  const foreign = Object.entries(type === 'bpe' ? { '--unk': unk } : ofBpe).find(([, value]) => value !== undefined)
  if (foreign) command.error(`error: option '${foreign[0]}' does not go with '--type ${type}'`)
  const minimum = minVocabSize(special)
  if (vocabSize !== undefined && vocabSize < minimum) {
    command.error(
      `error: option '--vocab-size' must be at least ${minimum} (the bytes and the special tokens), got ${vocabSize}`,
    )
  }
}

/** Of all files; 0 if it is not known. What cannot be read is reported when it is read. */
async function totalBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => stat(file).then(({ size }) => size, () => 0)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
