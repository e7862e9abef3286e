import { countBytes, countWordsWithEos } from '@parlance/metrics'
import { loadNgram, type NgramModel, saveNgram, trainNgram, WordVocabulary } from '@parlance/ngram'
import { type Tokenizer, tokenizerFromJSON } from '@parlance/tokenizer'
import { type Figures, figures } from './figures.js'

/** An n-gram model with what turns text into its tokens. */
export interface TextNgram {
  readonly model: NgramModel
  readonly encode: (text: string) => Int32Array
  /** What its tokens are. */
  readonly unit: string
}

/** Counts n-grams of words, and of one `<eos>` for each line. */
export function wordNgram(text: string, order: number, minCount: number): TextNgram & { words: readonly string[] } {
  const vocabulary = WordVocabulary.fromText(text, minCount)
  const model = trainNgram([vocabulary.encode(text)], { order, vocabSize: vocabulary.size })
  return { model, encode: (text) => vocabulary.encode(text), unit: 'words and one <eos> for each line', words: vocabulary.words }
}

/** Counts n-grams of a tokenizer's tokens. */
export function tokenNgram(text: string, order: number, tokenizer: Tokenizer): TextNgram {
  const model = trainNgram([tokenizer.encode(text)], { order, vocabSize: tokenizer.vocabSize })
  return { model, encode: (text) => tokenizer.encode(text), unit: tokenUnit(tokenizer) }
}

export function tokenUnit(tokenizer: Tokenizer): string {
  return `tokens of a vocabulary of ${tokenizer.vocabSize}`
}

/** Writes an n-gram model with its words or its tokenizer. */
export function saveTextNgram(file: string, model: NgramModel, text: { words: readonly string[] } | { tokenizer: Tokenizer }): void {
  if ('words' in text) saveNgram(file, { model, words: text.words })
  else saveNgram(file, { model, metadata: { tokenizer: JSON.stringify(text.tokenizer.toJSON()) } })
}

/** Reads what `saveTextNgram` wrote. */
export function loadTextNgram(file: string): TextNgram {
  const { model, words, metadata } = loadNgram(file)
  if (words) {
    const vocabulary = new WordVocabulary(words)
    return { model, encode: (text) => vocabulary.encode(text), unit: 'words and one <eos> for each line' }
  }
  if (metadata?.tokenizer === undefined) {
    throw new Error(`${file}: holds neither words nor a tokenizer: make it with 'parlance-perplexity train-ngram'.`)
  }
  const tokenizer = tokenizerFromJSON(JSON.parse(metadata.tokenizer))
  if (tokenizer.vocabSize !== model.vocabSize) {
    throw new Error(`${file}: its tokenizer has ${tokenizer.vocabSize} tokens and its model ${model.vocabSize}: the file is damaged.`)
  }
  return { model, encode: (text) => tokenizer.encode(text), unit: tokenUnit(tokenizer) }
}

/** Scores all tokens of a text but the first, which is given, as a neural model does. */
export function scoreNgram(name: string, { model, encode, unit }: TextNgram, text: string): Figures {
  const tokens = encode(text)
  if (tokens.length < 2) throw new Error(`A text of ${tokens.length} tokens has nothing to predict: two are needed.`)
  const nll = model.scoreStream(tokens).nll + model.score(model.initial(), tokens[0] as number)
  const counts = { tokens: tokens.length - 1, words: countWordsWithEos(text), bytes: countBytes(text) }
  return figures({ model: name, nll, counts, unit, context: model.order - 1, stride: null })
}
