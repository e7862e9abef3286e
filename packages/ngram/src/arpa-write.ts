import { writeTextAtomically } from './atomic-file.js'
import { NgramError } from './errors.js'
import type { NgramModel } from './model.js'

/** The names that ARPA files give the beginning and the end of a sentence. */
export const SENTENCE_BEGIN = '<s>'
export const SENTENCE_END = '</s>'

/** What ARPA files write for "never": the beginning of a sentence is not predicted. */
export const ARPA_NEVER = -99

/** About what float32 logarithms resolve. */
const DECIMALS = 7

/** What separates words and fields; other kinds of white space are parts of words. */
const SEPARATOR = /[\0\t\n\v\f\r ]/

/**
 * Writes a model as an ARPA file (base-10 logarithms), which KenLM, SRILM and Kaldi read.
 * `bos` is written as `<s>`, and the model's `eos`, if it has one, as `</s>`.
 *
 * @param words (vocabSize) the text of each token, without white space; default the ids as decimal numbers
 * @throws NgramError for words that an ARPA file cannot hold
 */
export function writeArpa(file: string, model: NgramModel, words?: readonly string[]): void {
  const names = wordNames(model, words)
  writeTextAtomically(file, (put) => {
    put('\\data\\\n')
    for (const [i, level] of model.levels.entries()) put(`ngram ${i + 1}=${level.words.length}\n`)
    for (let n = 1; n <= model.order; n++) {
      put(`\n\\${n}-grams:\n`)
      putSection(model, names, n, put)
    }
    put('\n\\end\\\n')
  })
}

/** The lines of one order, walking down from the unigrams so that contexts come with their text. */
function putSection(model: NgramModel, names: readonly string[], n: number, put: (text: string) => void): void {
  const walk = (depth: number, from: number, to: number, context: string): void => {
    const { words, logProbs, backoffs, children } = model.levels[depth - 1]!
    for (let node = from; node < to; node++) {
      const text = context + names[words[node]!]!
      if (depth < n) walk(depth + 1, children[node]!, children[node + 1]!, `${text} `)
      else if (n === model.order) put(`${log10(logProbs[node]!)}\t${text}\n`)
      else put(`${log10(logProbs[node]!)}\t${text}\t${log10(backoffs[node]!)}\n`)
    }
  }
  walk(1, 0, model.levels[0]!.words.length, '')
}

function log10(ln: number): string {
  return ln === -Infinity ? `${ARPA_NEVER}` : (ln / Math.LN10).toFixed(DECIMALS)
}

function wordNames(model: NgramModel, words: readonly string[] | undefined): string[] {
  const names = words === undefined ? Array.from({ length: model.vocabSize }, (_, id) => String(id)) : [...words]
  if (names.length !== model.vocabSize) {
    throw new NgramError(`expected ${model.vocabSize} words, one per token, got ${names.length}`)
  }
  if (model.eos !== undefined) names[model.eos] = SENTENCE_END
  names.push(SENTENCE_BEGIN)
  const seen = new Set<string>()
  for (const name of names) {
    if (name === '' || SEPARATOR.test(name)) {
      throw new NgramError(`ARPA files cannot hold the word ${JSON.stringify(name)}: it is empty or has white space`)
    }
    if (seen.has(name)) throw new NgramError(`the word ${JSON.stringify(name)} stands for more than one token`)
    seen.add(name)
  }
  return names
}
