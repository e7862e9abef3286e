import { writeFileAtomic } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { linesOf, readTexts } from '../text/read-texts.js'
import { WordVectors } from './word-vectors.js'

/** Characters that are written at a time. */
const BUFFER = 1 << 20

/** The two counts of a header, `words width`. Both are checked against `most`, values that the file can hold. */
export function parseHeader(line: string, where: string, most: number): { count: number; width: number } {
  const fields = /^\s*(\d+)[ \t]+(\d+)\s*$/.exec(line)
  const [count, width] = [Number(fields?.[1]), Number(fields?.[2])]
  if (!fields || width < 1) {
    const got = JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line)
    throw new EmbeddingError(`${where}: expected the number of words and their width, such as "71291 100", got ${got}.`)
  }
  if (count * width > most) {
    throw new EmbeddingError(`${where}: claims ${count} words of width ${width}, which is more than the file can hold: it is damaged.`)
  }
  return { count, width }
}

/** Rows that a table begins with: a header is not believed before its rows are there. */
const FIRST_ROWS = 1 << 14

/** Collects vectors of one width line by line. */
class Rows {
  readonly words: string[] = []
  private readonly lines = new Map<string, number>()
  private values: Float32Array

  constructor(
    private readonly file: string,
    private readonly count: number,
    private readonly width: number,
  ) {
    this.values = new Float32Array(Math.min(count, FIRST_ROWS) * width)
  }

  add(line: string, number: number): void {
    const { file, width, words } = this
    const where = `${file}, line ${number}`
    if (words.length === this.count) {
      throw new EmbeddingError(`${where}: the header promises ${this.count} words, and this is one more.`)
    }
    const fields = line.trimEnd().split(/[ \t]+/)
    const word = fields[0]!
    if (word === '' || fields.length !== width + 1) {
      throw new EmbeddingError(`${where}: expected a word and ${width} numbers, got ${fields.length - 1} numbers.`)
    }
    const earlier = this.lines.get(word)
    if (earlier !== undefined) throw new EmbeddingError(`${where}: the word ${JSON.stringify(word)} is there already, in line ${earlier}.`)
    const from = words.length * width
    if (from === this.values.length) this.grow()
    for (let d = 0; d < width; d++) {
      const text = fields[d + 1]!
      const value = Number(text)
      if (!Number.isFinite(value)) {
        throw new EmbeddingError(`${where}: number ${d + 1} of ${JSON.stringify(word)} is ${JSON.stringify(text)}, which is no finite number.`)
      }
      this.values[from + d] = value
    }
    this.lines.set(word, number)
    words.push(word)
  }

  private grow(): void {
    const larger = new Float32Array(Math.min(2 * this.values.length, this.count * this.width))
    larger.set(this.values)
    this.values = larger
  }

  vectors(): WordVectors {
    if (this.words.length < this.count) {
      throw new EmbeddingError(`${this.file}, line ${this.words.length + 2}: the file ends after ${this.words.length} words, and its header promises ${this.count}.`)
    }
    return new WordVectors(this.words, this.values.subarray(0, this.count * this.width), this.width)
  }
}

/**
 * Reads word2vec's text format, which is also fastText's `.vec`: a line with the number of words and their width, then a
 * word and its numbers a line. May be compressed by gzip.
 *
 * @throws EmbeddingError that names the line
 */
export async function readWord2VecText(file: string): Promise<WordVectors> {
  let rows: Rows | undefined
  let number = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    number++
    if (rows) {
      if (line !== '') rows.add(line, number)
      continue
    }
    const { count, width } = parseHeader(line, `${file}, line 1`, 2 ** 32)
    rows = new Rows(file, count, width)
  }
  if (!rows) throw new EmbeddingError(`${file}: is empty.`)
  return rows.vectors()
}

/** @throws EmbeddingError for a word with white space in it, which the formats of word2vec cannot hold. */
export function checkWords(words: readonly string[]): void {
  const wrong = words.find((word) => word === '' || /[ \t\n]/.test(word))
  if (wrong !== undefined) {
    throw new EmbeddingError(`The word ${JSON.stringify(wrong)} is empty or has white space in it: write safetensors, which can hold it.`)
  }
}

/** Writes word2vec's text format, numbers with as many digits as float32 needs, atomically. */
export function writeWord2VecText(file: string, { words, width, values }: WordVectors): void {
  checkWords(words)
  const encoder = new TextEncoder()
  const parts = function* (): Generator<Uint8Array> {
    let text = `${words.length} ${width}\n`
    for (const [i, word] of words.entries()) {
      text += word
      for (let at = i * width; at < (i + 1) * width; at++) text += ` ${shortest(values[at]!)}`
      text += '\n'
      if (text.length < BUFFER) continue
      yield encoder.encode(text)
      text = ''
    }
    yield encoder.encode(text)
  }
  writeFileAtomic(file, parts())
}

/** Six digits where they read back as the same float32, else the nine that always do. */
function shortest(value: number): string {
  const short = Number(value.toPrecision(6))
  return String(Math.fround(short) === value ? short : Number(value.toPrecision(9)))
}
