import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readFolderConfig, tokenize, type TrainingConfig, trainingSchema } from '@parlance/lm'
import { trainLanguageModel } from '@parlance/lm/training'
import { parseConfig, readJson, UsageError } from '@parlance/nn/command-line'
import { useDevice } from '@parlance/runtime'
import { loadTokenizer } from '@parlance/tokenizer'
import { readCorpus } from './options.js'
import { makeTokenizer } from './tokenizer-option.js'

export interface TrainCommandOptions {
  corpus: string[]
  valid?: string[]
  heldOut?: number
  output: string
  tokenizer?: string
  config?: string
  resume?: true
  device: 'auto' | 'cpu'
  threads?: number
  json?: true
}

const DEFAULT_TOKENIZER = 'bpe:4096'
const DEFAULT_HELD_OUT = 0.1

/** `parlance-perplexity train`; `flags` are the fields of the training config that the command line gave. */
export async function trainModel(options: TrainCommandOptions, flags: Readonly<Record<string, unknown>>): Promise<void> {
  const { output, resume = false, device, threads } = options
  const training = readTraining(options, flags)
  const { corpus, validation } = await readSplit(options)
  const saved = join(output, 'tokenizer.json')
  const reused = resume && options.tokenizer === undefined && existsSync(saved)
  const tokenizer = reused ? await loadTokenizer(saved) : await makeTokenizer(options.tokenizer ?? DEFAULT_TOKENIZER, corpus)
  await useDevice(device, threads === undefined ? {} : { threads })
  const result = await trainLanguageModel({
    folder: output,
    training,
    tokenizer,
    corpus: tokenize(corpus, tokenizer),
    validation: tokenize(validation, tokenizer),
    resume,
  })
  if (options.json) process.stdout.write(`${JSON.stringify({ folder: output, ...result })}\n`)
}

/** Defaults, then the resumed run's settings, then those of the config file, then the flags. */
function readTraining({ config, output, resume }: TrainCommandOptions, flags: Readonly<Record<string, unknown>>): TrainingConfig {
  const before = resume && existsSync(join(output, 'config.json')) ? (readFolderConfig(output).training as object) : {}
  const file = config === undefined ? {} : readJson(config)
  if (config !== undefined) parseConfig(trainingSchema, file, config)
  return parseConfig(trainingSchema, { ...before, ...(file as object), ...flags }, 'the command line')
}

/** The texts for training and for evaluation. */
async function readSplit({ corpus, valid, heldOut }: TrainCommandOptions): Promise<{ corpus: string; validation: string }> {
  const text = await readCorpus(corpus)
  if (valid) {
    if (heldOut !== undefined) throw new UsageError('--held-out does not go with --valid: give one of them.')
    return { corpus: text, validation: await readCorpus(valid) }
  }
  const share = heldOut ?? DEFAULT_HELD_OUT
  if (!(share > 0 && share < 1)) throw new UsageError(`--held-out must lie between 0 and 1, got ${share}.`)
  const cut = text.indexOf('\n', Math.floor(text.length * (1 - share))) + 1
  if (cut === 0 || cut === text.length) {
    throw new UsageError('The corpus has no line to hold out for evaluation: give --valid, or a text of more lines.')
  }
  return { corpus: text.slice(0, cut), validation: text.slice(cut) }
}
