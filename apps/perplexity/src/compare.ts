import { LanguageModel } from '@parlance/lm'
import { formatTable } from './figures.js'
import { scoreFolder } from './measure.js'
import { scoreNgram, tokenNgram, wordNgram } from './ngram-file.js'
import { readCorpus } from './options.js'

export interface CompareOptions {
  model: string
  corpus: string[]
  test: string[]
  order: number
  context?: number
  stride?: number
  threads?: number
  json?: true
}

/** `parlance-perplexity compare`: a model beside n-gram models that are counted in its training text. */
export async function compare({ model: folder, corpus, test, order, threads, json, ...windows }: CompareOptions): Promise<void> {
  const model = await LanguageModel.load(folder, threads === undefined ? {} : { threads })
  const [text, tested] = [await readCorpus(corpus), await readCorpus(test)]
  const { type, layers, width } = model.config
  const rows = [
    scoreFolder(`${type} ${layers} × ${width}`, model, tested, windows),
    scoreNgram(`${order}-gram, the same tokens`, tokenNgram(text, order, model.tokenizer), tested),
    scoreNgram(`${order}-gram, words`, wordNgram(text, order, 1), tested),
  ]
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  const [neural] = rows
  const notes = [
    `Bits per byte over ${neural?.bytes} bytes, word perplexity over ${neural?.words} words with one <eos> for each line; the first`,
    'token is given. The word model is spared spelling words that it does not know: they are one <unk>.',
  ]
  process.stdout.write(`${formatTable(rows)}\n\n${notes.join('\n')}\n`)
}
