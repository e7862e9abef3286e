import { statSync } from 'node:fs'
import { ARPA_NEVER, SENTENCE_BEGIN, SENTENCE_END } from './arpa-write.js'
import { NgramError } from './errors.js'
import { readLines } from './lines.js'
import { NgramModel, type Level } from './model.js'
import { buildLevels, type NgramTable } from './table.js'

/** Any real model has less; it bounds what a header can make us allocate per order. */
const MIN_LINE_BYTES = 4
const MAX_ORDER = 32

/** Only these are blank: other kinds of white space are parts of words. */
const BLANK_ENDS = /^[ \t]+|[ \t\r]+$/g

/**
 * Reads a back-off model from an ARPA file. Tokens are numbered in the order of the unigrams, `<s>` left out,
 * which becomes `bos`; `</s>`, where there is one, becomes `eos`.
 *
 * @returns the model and the text of each token (vocabSize)
 * @throws NgramError with the line number when the file is malformed or incomplete
 */
export function readArpa(file: string): { model: NgramModel, words: string[] } {
  const reader = new ArpaReader(file)
  try {
    const sizes = reader.header()
    const words: string[] = []
    const tables = [reader.unigrams(sizes[0]!, words, sizes.length === 1)]
    const ids = new Map(words.map((word, id) => [word, id]))
    if (words.length === 0) throw new NgramError(`${file}: there are no words but ${SENTENCE_BEGIN}`)
    if (ids.size !== words.length) throw new NgramError(`${file}: a word occurs twice among the 1-grams`)
    ids.set(SENTENCE_BEGIN, words.length)
    for (let n = 2; n <= sizes.length; n++) tables.push(reader.section(n, sizes[n - 1]!, ids, n === sizes.length))
    reader.end()
    return { model: new NgramModel(levelsOf(tables, file), words.length, ids.get(SENTENCE_END)), words }
  } finally {
    reader.close()
  }
}

function levelsOf(tables: readonly NgramTable[], file: string): Level[] {
  try {
    return buildLevels(tables)
  } catch (error) {
    throw error instanceof NgramError ? new NgramError(`${file}: ${error.message}`) : error
  }
}

class ArpaReader {
  readonly #file: string
  readonly #lines: Generator<string>
  readonly #bytes: number
  #number = 0

  constructor(file: string) {
    this.#file = file
    this.#bytes = statSync(file).size
    this.#lines = readLines(file)
  }

  /** The number of n-grams of each order. */
  header(): number[] {
    // Free text may precede the header.
    while (this.#next() !== '\\data\\') continue
    const sizes: number[] = []
    for (let line = this.#next(); line !== ''; line = this.#next()) {
      const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(line)
      if (match === null || Number(match[1]) !== sizes.length + 1) {
        this.#fail(`expected "ngram ${sizes.length + 1}=COUNT" or an empty line`, line)
      }
      const size = Number(match[2])
      if (size > this.#bytes / MIN_LINE_BYTES) this.#fail('the file is too small for that many n-grams', line)
      sizes.push(size)
    }
    if (sizes.length === 0 || sizes.length > MAX_ORDER) this.#fail(`expected 1 to ${MAX_ORDER} orders`, `${sizes.length}`)
    return sizes
  }

  /** Fills `words` with all words but `<s>`, whose row comes last. */
  unigrams(size: number, words: string[], highest: boolean): NgramTable {
    this.#title(1)
    const rows: { logProb: number, backoff: number }[] = []
    let begin = { logProb: -Infinity, backoff: 0 }
    for (let i = 0; i < size; i++) {
      const { logProb, backoff, words: [word] } = this.#entry(1, highest)
      if (word === SENTENCE_BEGIN) {
        begin = { logProb: -Infinity, backoff }
        continue
      }
      words.push(word!)
      rows.push({ logProb, backoff })
    }
    rows.push(begin)
    return {
      ids: Int32Array.from(rows, (_, id) => id),
      logProbs: Float32Array.from(rows, ({ logProb }) => logProb),
      backoffs: Float32Array.from(rows, ({ backoff }) => backoff),
    }
  }

  section(n: number, size: number, ids: ReadonlyMap<string, number>, highest: boolean): NgramTable {
    this.#title(n)
    const table = { ids: new Int32Array(size * n), logProbs: new Float32Array(size), backoffs: new Float32Array(size) }
    for (let i = 0; i < size; i++) {
      const { logProb, backoff, words } = this.#entry(n, highest)
      words.forEach((word, w) => {
        const id = ids.get(word)
        if (id === undefined) this.#fail('the word is not among the 1-grams', word)
        table.ids[i * n + w] = id
      })
      if (words[n - 1] === SENTENCE_BEGIN) this.#fail(`${SENTENCE_BEGIN} cannot follow other words`, words.join(' '))
      table.logProbs[i] = logProb
      table.backoffs[i] = backoff
    }
    return table
  }

  end(): void {
    const line = this.#nextFilled()
    if (line !== '\\end\\') this.#fail('expected \\end\\: the header announces fewer n-grams', line)
  }

  close(): void {
    this.#lines.return(undefined)
  }

  #title(n: number): void {
    const line = this.#nextFilled()
    if (line !== `\\${n}-grams:`) this.#fail(`expected \\${n}-grams:`, line)
  }

  #entry(n: number, highest: boolean): { logProb: number, backoff: number, words: string[] } {
    const line = this.#next()
    const fields = line.split(/[ \t]+/)
    // A back-off weight of 0 may be left out.
    if (fields.length !== n + 1 && (highest || fields.length !== n + 2)) {
      this.#fail(`expected a probability, ${n} words${highest ? '' : ' and a back-off weight'}`, line)
    }
    const logProb = this.#logarithm(fields[0]!)
    const backoff = fields.length === n + 2 ? this.#logarithm(fields[n + 1]!) : 0
    if (logProb > 0) this.#fail('expected a log-probability ≤ 0', fields[0]!)
    return { logProb, backoff, words: fields.slice(1, n + 1) }
  }

  #logarithm(text: string): number {
    const value = Number(text)
    if (text === '' || Number.isNaN(value)) this.#fail('expected a number', text)
    return value <= ARPA_NEVER ? -Infinity : value * Math.LN10
  }

  #nextFilled(): string {
    let line = this.#next()
    while (line === '') line = this.#next()
    return line
  }

  #next(): string {
    const { done, value } = this.#lines.next()
    if (done === true) throw new NgramError(`${this.#file} ends after line ${this.#number}: not a whole ARPA file`)
    this.#number++
    return value.replace(BLANK_ENDS, '')
  }

  #fail(expected: string, got: string): never {
    throw new NgramError(`${this.#file}, line ${this.#number}: ${expected}, got ${JSON.stringify(got.slice(0, 80))}`)
  }
}
