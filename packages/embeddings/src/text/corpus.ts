import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddingError } from '../errors.js'
import { linesOf, type Texts } from './read-texts.js'
import { END_OF_SENTENCE, wordsOf } from './words.js'

const BUFFER_TOKENS = 1 << 18
/** Distinct words that are held while counting; a Map ends at 2^24. */
const MOST_DISTINCT = 10_000_000

/** How far reading has come. */
export interface CorpusProgress {
  readonly tokens: number
  readonly distinctWords: number
}

export interface CorpusOptions {
  readonly onProgress?: (progress: CorpusProgress) => void
  /**
   * Distinct words that are held: beyond it the rarest are forgotten, first those seen once, then those seen twice and so
   * on, as in word2vec.c. Default 10,000,000.
   */
  readonly mostDistinct?: number
}

/**
 * A text that has been read once: its words with their counts, and a temporary file of token numbers (uint32, little-endian
 * as every platform of Node is), which training reads as often as it has epochs. Token 0 is the end of a sentence.
 */
export interface Corpus {
  readonly file: string
  readonly tokens: number
  /** By token number. The empty string: a word that was forgotten. */
  readonly words: readonly string[]
  readonly counts: readonly number[]
  /** Removes the file. */
  dispose(): void
}

/** Numbers words in the order in which they come. */
class Counter {
  readonly words: string[] = [END_OF_SENTENCE]
  readonly counts: number[] = [0]
  private readonly index = new Map([[END_OF_SENTENCE, 0]])
  private leastCount = 1

  constructor(private readonly mostDistinct: number) {}

  get distinct(): number {
    return this.index.size
  }

  add(word: string): number {
    let token = this.index.get(word)
    if (token === undefined) {
      if (this.index.size >= this.mostDistinct) this.forget()
      token = this.words.length
      this.index.set(word, token)
      this.words.push(word)
      this.counts.push(0)
    }
    this.counts[token]! += 1
    return token
  }

  private forget(): void {
    for (const [word, token] of this.index) {
      if (token === 0 || this.counts[token]! > this.leastCount) continue
      this.index.delete(word)
      this.words[token] = ''
      this.counts[token] = 0
    }
    this.leastCount++
  }
}

/**
 * Reads texts once: a line is a sentence, words are what spaces and tabs separate.
 *
 * @throws EmbeddingError for texts without a word, what cannot be read, or a full disk
 */
export async function readCorpus(texts: Texts, options: CorpusOptions = {}): Promise<Corpus> {
  const { onProgress, mostDistinct = MOST_DISTINCT } = options
  const folder = mkdtempSync(join(tmpdir(), 'parlance-corpus-'))
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  const file = join(folder, 'tokens')
  const counter = new Counter(mostDistinct)
  try {
    const writer = new TokenWriter(file)
    try {
      for await (const { line, ended } of linesOf(texts())) {
        for (const word of wordsOf(line)) writer.write(counter.add(word))
        if (ended) writer.write(counter.add(END_OF_SENTENCE))
        if (onProgress && writer.isFresh) onProgress({ tokens: writer.tokens, distinctWords: counter.distinct })
      }
    } finally {
      writer.close()
    }
    if (counter.distinct === 1) throw new EmbeddingError('The texts hold no words: there is nothing to train on.')
    return { file, tokens: writer.tokens, words: counter.words, counts: counter.counts, dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

class TokenWriter {
  tokens = 0
  private readonly buffer = new Uint32Array(BUFFER_TOKENS)
  private readonly descriptor: number
  private flushed = 0
  private reported = 0

  constructor(file: string) {
    this.descriptor = openSync(file, 'w')
  }

  write(token: number): void {
    this.buffer[this.tokens++ - this.flushed] = token
    if (this.tokens - this.flushed === BUFFER_TOKENS) this.flush()
  }

  /** Whether something was written to the file since this was asked. */
  get isFresh(): boolean {
    const fresh = this.flushed > this.reported
    this.reported = this.flushed
    return fresh
  }

  private flush(): void {
    const bytes = new Uint8Array(this.buffer.buffer, 0, 4 * (this.tokens - this.flushed))
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.descriptor, bytes, done)
    } catch (error) {
      throw new EmbeddingError(`The corpus cannot be kept in ${tmpdir()}: ${(error as Error).message}; set TMPDIR to a folder with room.`, { cause: error })
    }
    this.flushed = this.tokens
  }

  close(): void {
    try {
      this.flush()
    } finally {
      closeSync(this.descriptor)
    }
  }
}
