import type { Tokenizer } from '@parlance/tokenizer'
import type { TimedTokens } from './search/timed-tokens.js'

/** A word of a transcript. */
export interface Word {
  word: string
  /** Seconds from the recording's start, to a millisecond; left out by models that do not know (attention decoders). */
  start?: number
  end?: number
  /** Probability of its least probable token, 0 to 1. */
  confidence: number
}

/**
 * The words that tokens spell. A word starts with the encoder frame that emitted its first token, and ends with the one that
 * emitted its last, at the latest where the next word starts.
 *
 * @param secondsPerFrame of an encoder frame
 */
export function timedWords(tokenizer: Tokenizer, { tokens, frames, logProbs }: TimedTokens, secondsPerFrame: number): Word[] {
  const text = tokenizer.decode(tokens)
  const ends = tokens.map((_, i) => (i + 1 === tokens.length ? text.length : tokenizer.decode(tokens.slice(0, i + 1)).length))
  const words: Word[] = []
  let token = 0
  for (const { 0: word, index } of text.matchAll(/\S+/gu)) {
    // The first token that reaches into the word, and those until one reaches its end.
    while (token < tokens.length - 1 && (ends[token] as number) <= index) token++
    const first = token
    while (token < tokens.length - 1 && (ends[token] as number) < index + word.length) token++
    const confidence = Math.exp(Math.min(...logProbs.slice(first, token + 1)))
    const from = frames[first]
    const last = frames[token]
    if (from === undefined || last === undefined) words.push({ word, confidence })
    else words.push({ word, start: rounded(from * secondsPerFrame), end: rounded((last + 1) * secondsPerFrame), confidence })
  }
  for (const [i, { start }] of words.entries()) {
    const before = words[i - 1]
    if (before?.end !== undefined && start !== undefined) before.end = Math.min(before.end, Math.max(start, before.start as number))
  }
  return words
}

/** To milliseconds. */
function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000
}
