import type { Tokenizer } from '@parlance/tokenizer'
import type { TimedTokens } from '../search/timed-tokens.js'

/** A word of a transcript. */
export interface Word {
  word: string
  /** Seconds from the recording's start, to a millisecond; left out by models that do not know (attention decoders without CTC). */
  start?: number
  end?: number
  /** Probability of its least probable token, 0 to 1. */
  confidence: number
}

/** How a model that was trained to emit near words says when they are spoken. */
export interface EmissionTiming {
  /** The token that comes before every word, where it begins; undefined where the tokenizer has none. */
  mark: number | undefined
  /** Seconds from a word's start to the beginning of the frame that says so, */
  start: number
  /** and from its end to that of the frame of its last token. */
  end: number
}

/** A character of UTF-8 has at most 4 bytes, each of which may be a token: what a token adds to the text depends on no more. */
const CONTEXT = 4

/**
 * Seconds. Models of characters leave out the space between words that are further apart than those of their training, as
 * where recordings were joined.
 */
const PAUSE = 1

/**
 * The words that tokens spell, in time linear in their number. A word starts with the encoder frame that emitted its first
 * token, and ends with the one that emitted its last, at the latest where the next word starts.
 *
 * @param secondsPerFrame of an encoder frame
 * @param timing of models that have one: a word then starts where its mark says
 */
export function timedWords(tokenizer: Tokenizer, found: TimedTokens, secondsPerFrame: number, timing?: EmissionTiming): Word[] {
  return new WordReader(tokenizer, secondsPerFrame, timing).read(found, 0)
}

/** A word, and where its tokens begin. */
interface ReadWord {
  word: Word
  /** The first token that reaches into it. */
  first: number
  /** Where it begins in the text of the tokens after it and `CONTEXT` before it. */
  offset: number
}

/** {@link timedWords} of a transcript that grows: words that stay are not read again. */
export class WordReader {
  /** Words that stay as they are, */
  private readonly done: Word[] = []
  /** the first token of those that are read again, */
  private first = 0
  /** and how much of the text of these and `CONTEXT` before them is done. */
  private offset = 0

  constructor(private readonly tokenizer: Tokenizer, private readonly secondsPerFrame: number, private readonly timing?: EmissionTiming) {}

  /**
   * @param found all tokens so far
   * @param settled how many of the first are in all later calls what they are now
   */
  read(found: TimedTokens, settled: number): Word[] {
    const read = this.spell(found)
    for (const [i, { word: { start } }] of read.entries()) {
      const before = read[i - 1]?.word
      if (before?.end !== undefined && start !== undefined) before.end = Math.min(before.end, Math.max(start, before.start as number))
    }
    const words = [...this.done, ...read.map(({ word }) => word)]
    // A word is over where the next one begins.
    const last = read.findLastIndex(({ first }) => first < settled)
    for (const { word } of read.slice(0, Math.max(0, last))) this.done.push(word)
    if (last > 0) ({ first: this.first, offset: this.offset } = read[last] as ReadWord)
    return words
  }

  /** The words after those that are done. */
  private spell(found: TimedTokens): ReadWord[] {
    const { tokens } = found
    const from = Math.max(0, this.first - CONTEXT)
    const text = this.tokenizer.decode(tokens.slice(from))
    const ends = this.ends(tokens, from)
    const end = (token: number): number => ends[token - from] as number
    const words: ReadWord[] = []
    let token = this.first
    const pattern = /\S+/gu
    pattern.lastIndex = this.offset
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const { 0: word, index } = match
      // The first token that reaches into the word, and those until one reaches its end.
      while (token < tokens.length - 1 && end(token) <= index) token++
      let first = token
      let begin = index
      while (token < tokens.length - 1 && end(token) < index + word.length) {
        token++
        if (!this.pauseBefore(token, found) || end(token - 1) <= begin) continue
        words.push(this.word(text.slice(begin, end(token - 1)), found, first, token - 1, end(first) - begin))
        first = token
        begin = end(token - 1)
      }
      words.push(this.word(text.slice(begin, index + word.length), found, first, token, end(first) - begin))
    }
    return words
  }

  /** @param length of what its first token adds to it */
  private word(word: string, { tokens, frames, ends: lasts = frames, logProbs }: TimedTokens, first: number, last: number, length: number): ReadWord {
    const confidence = Math.exp(Math.min(...logProbs.slice(first, last + 1)))
    const at = frames[this.beginning(tokens, first)]
    const until = lasts[last]
    const times = at === undefined || until === undefined ? {} : this.times(at, until)
    return { word: { word, ...times, confidence }, first, offset: this.length(tokens, Math.max(0, first - CONTEXT), first + 1) - length }
  }

  /** Whether a token comes so long after the one before it that they cannot be of one word. */
  private pauseBefore(token: number, { frames, ends: lasts = frames }: TimedTokens): boolean {
    const [before, at] = [lasts[token - 1], frames[token]]
    return before !== undefined && at !== undefined && (at - before) * this.secondsPerFrame > PAUSE
  }

  /** The token that says when the word begins whose first one this is. */
  private beginning(tokens: readonly number[], first: number): number {
    return this.timing?.mark !== undefined && tokens[first - 1] === this.timing.mark ? first - 1 : first
  }

  /** Of what was emitted from one encoder frame to another. */
  private times(from: number, last: number): { start: number; end: number } {
    const { secondsPerFrame, timing } = this
    if (!timing) return { start: rounded(from * secondsPerFrame), end: rounded((last + 1) * secondsPerFrame) }
    const start = Math.max(0, from * secondsPerFrame - timing.start)
    return { start: rounded(start), end: rounded(Math.max(start, last * secondsPerFrame - timing.end)) }
  }

  /** Where each token from `from` on ends in the text of these. */
  private ends(tokens: readonly number[], from: number): number[] {
    const ends: number[] = []
    for (let i = from; i < tokens.length; i++) {
      const context = Math.max(from, i - CONTEXT)
      ends.push((ends.at(-1) ?? 0) + this.length(tokens, context, i + 1) - this.length(tokens, context, i))
    }
    return ends
  }

  /** Of the text of some tokens. */
  private length(tokens: readonly number[], from: number, to: number): number {
    return this.tokenizer.decode(tokens.slice(from, to)).length
  }
}

/** To milliseconds. */
function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000
}
