import { LanguageModel, tokenize } from '@parlance/lm'
import { UsageError } from '@parlance/nn/command-line'
import { type Figures, figures, formatFigures } from './figures.js'
import { loadTextNgram, scoreNgram, tokenUnit } from './ngram-file.js'
import { readCorpus, required } from './options.js'
import { withProgress } from './progress.js'

export interface MeasureOptions {
  model?: string
  corpus?: string[]
  context?: number
  stride?: number
  threads?: number
  json?: true
}

const NGRAM = 'ngram:'

/** `parlance-perplexity --model … --corpus …` */
export async function measure(options: MeasureOptions): Promise<void> {
  const model = required(options.model, '--model')
  const result = model.startsWith(NGRAM) ? await measureNgram(model, options) : await measureFolder(model, options)
  process.stdout.write(`${options.json ? JSON.stringify(result) : formatFigures(result)}\n`)
}

async function measureNgram(name: string, { corpus, context, stride }: MeasureOptions): Promise<Figures> {
  if (context !== undefined || stride !== undefined) {
    throw new UsageError('An n-gram model sees order − 1 tokens: leave out --context and --stride.')
  }
  const ngram = loadTextNgram(name.slice(NGRAM.length))
  return scoreNgram(name, ngram, await readCorpus(corpus))
}

async function measureFolder(folder: string, { corpus, threads, ...options }: MeasureOptions): Promise<Figures> {
  const model = await LanguageModel.load(folder, threads === undefined ? {} : { threads })
  return scoreFolder(folder, model, await readCorpus(corpus), options)
}

/** The figures of a loaded model on a text. */
export function scoreFolder(
  name: string,
  model: LanguageModel,
  text: string,
  { context, stride }: Pick<MeasureOptions, 'context' | 'stride'>,
): Figures {
  const tokenized = tokenize(text, model.tokenizer)
  const windows = { ...(context !== undefined && { context }), ...(stride !== undefined && { stride }) }
  const score = withProgress('scoring', (onProgress) => model.score(tokenized, { ...windows, onProgress }))
  const counts = { tokens: score.tokens, words: tokenized.words, bytes: tokenized.bytes }
  const { nll, context: seen, stride: apart } = score
  return figures({ model: name, nll, counts, unit: tokenUnit(model.tokenizer), context: seen, stride: apart })
}
