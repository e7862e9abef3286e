import { NgramError } from './errors.js'
import type { NgramModel } from './model.js'
import { trainNgram } from './train.js'

/** The word that stands for all words outside a vocabulary. */
export const UNKNOWN = '<unk>'
/** The word that ends every line, as word-level benchmarks count it. */
export const END_OF_LINE = '<eos>'

/** A closed list of words. Text is split at ASCII white space: other kinds, such as U+00A0, are parts of words. */
export class WordVocabulary {
  /** Every word, at the index that is its id. */
  readonly words: readonly string[]
  readonly #ids: ReadonlyMap<string, number>

  /** @throws NgramError when a word occurs twice or `<unk>` or `<eos>` is missing */
  constructor(words: readonly string[]) {
    this.words = words
    this.#ids = new Map(words.map((word, id) => [word, id]))
    if (this.#ids.size !== words.length) throw new NgramError('a word occurs twice in the vocabulary')
    for (const word of [UNKNOWN, END_OF_LINE]) {
      if (!this.#ids.has(word)) throw new NgramError(`the vocabulary lacks the word ${word}`)
    }
  }

  /** All words of the text that occur at least `minCount` times (default 1), in order of first occurrence. */
  static fromText(text: string, minCount = 1): WordVocabulary {
    const counts = new Map<string, number>([[UNKNOWN, minCount], [END_OF_LINE, minCount]])
    for (const line of lines(text)) for (const word of splitWords(line)) counts.set(word, (counts.get(word) ?? 0) + 1)
    return new WordVocabulary([...counts].filter(([, count]) => count >= minCount).map(([word]) => word))
  }

  get size(): number {
    return this.words.length
  }

  /** The id of a word, that of `<unk>` for a word outside the vocabulary. */
  id(word: string): number {
    return this.#ids.get(word) ?? this.#ids.get(UNKNOWN)!
  }

  has(word: string): boolean {
    return this.#ids.has(word)
  }

  /** The words of all lines as one stream of ids, each line closed by `<eos>`, empty lines as well. */
  encode(text: string): Int32Array {
    const ids: number[] = []
    for (const line of lines(text)) {
      for (const word of splitWords(line)) ids.push(this.id(word))
      ids.push(this.id(END_OF_LINE))
    }
    return Int32Array.from(ids)
  }
}

export interface WordNgramOptions {
  /** Default 5. */
  readonly order?: number
  /** Rarer words become `<unk>`; default 1. */
  readonly minCount?: number
}

/**
 * A word-level model of a text as one stream, its lines joined by `<eos>`: the convention of the WikiText and
 * Penn Treebank benchmarks, whose perplexity counts the `<eos>`.
 */
export function trainWordNgram(text: string, options: WordNgramOptions = {}):
  { model: NgramModel, vocabulary: WordVocabulary } {
  const { order = 5, minCount = 1 } = options
  const vocabulary = WordVocabulary.fromText(text, minCount)
  const model = trainNgram([vocabulary.encode(text)], { order, vocabSize: vocabulary.size })
  return { model, vocabulary }
}

/** A newline ends a line; what follows the last one is a line only when it is not empty. */
function* lines(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    const newline = text.indexOf('\n', from)
    const to = newline < 0 ? text.length : newline
    yield text.slice(from, to)
    from = to + 1
  }
}

function splitWords(line: string): string[] {
  return line.match(/[^ \t\v\f\r]+/g) ?? []
}
