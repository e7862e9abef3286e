import { readCorpus } from './options.js'
import { saveTextNgram, tokenNgram, wordNgram } from './ngram-file.js'
import { makeTokenizer } from './tokenizer-option.js'
import { UsageError } from '@parlance/nn/command-line'

export interface TrainNgramOptions {
  corpus?: string[]
  output: string
  order: number
  tokenizer: string
  minCount?: number
  json?: true
}

/** `parlance-perplexity train-ngram` */
export async function trainNgramFile({ corpus, output, order, tokenizer, minCount, json }: TrainNgramOptions): Promise<void> {
  if (minCount !== undefined && tokenizer !== 'words') throw new UsageError('--min-count goes with --tokenizer words only.')
  const text = await readCorpus(corpus)
  let vocabSize: number
  if (tokenizer === 'words') {
    const { model, words } = wordNgram(text, order, minCount ?? 1)
    saveTextNgram(output, model, { words })
    vocabSize = model.vocabSize
  } else {
    const made = await makeTokenizer(tokenizer, text)
    const { model } = tokenNgram(text, order, made)
    saveTextNgram(output, model, { tokenizer: made })
    vocabSize = model.vocabSize
  }
  if (json) process.stdout.write(`${JSON.stringify({ file: output, order, vocab_size: vocabSize })}\n`)
}
