import { textTokens } from './text-tokens.js'

export interface Repetition {
  /** What is said again and again. */
  readonly phrase: string
  readonly times: number
}

const MAX_PHRASE = 8

/**
 * Finds a phrase that follows itself more often than one in the source does: the loops into which a search falls when
 * repeating raises the probability of repeating (Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration").
 * One word may be said twice (very, very; "die, die"), and once more than any phrase in the source; longer phrases not
 * twice. Loops inside a word ("hahahaha") are found by their letters. Loops that
 * return with other words between them are found when three words or more come back twice over more than the source's do.
 */
export function findRepetition(source: string, target: string): Repetition | undefined {
  const asked = textTokens(source)
  const given = textTokens(target)
  const inTarget = longestLoop(given)
  const allowed = longestLoop(asked)?.times ?? 1
  if (inTarget && inTarget.times > allowed && isLoop(inTarget)) return { phrase: inTarget.words.join(' '), times: inTarget.times }
  const returning = mostFrequentTrigram(given)
  if (returning && returning.times >= 3 && returning.times > (mostFrequentTrigram(asked)?.times ?? 0) + 1) return returning
  return letterLoop(target, source)
}

interface Loop {
  readonly words: readonly string[]
  readonly times: number
}

function isLoop({ words, times }: Loop): boolean {
  if (words.length === 1) return times >= 3
  return words.length === 2 ? times >= 3 || words.every((word) => /^\p{L}/u.test(word)) : true
}

/** The phrase of up to eight tokens that follows itself most often; ties go to the longer. */
function longestLoop(tokens: readonly string[]): Loop | undefined {
  let best: Loop | undefined
  for (let length = 1; length <= MAX_PHRASE; length++) {
    for (let start = 0; start + 2 * length <= tokens.length; start++) {
      let times = 1
      while (same(tokens, start, start + times * length, length)) times++
      if (times < 2) continue
      const words = tokens.slice(start, start + length)
      const speaks = words.some((token) => /^[\p{L}\d]/u.test(token)) && (length === 1 || new Set(words).size > 1)
      if (speaks && (!best || weight(length, times) > weight(best.words.length, best.times))) best = { words, times }
      start += (times - 1) * length - 1
    }
  }
  return best
}

function weight(length: number, times: number): number {
  return length * (times - 1)
}

function same(tokens: readonly string[], a: number, b: number, length: number): boolean {
  if (b + length > tokens.length) return false
  for (let i = 0; i < length; i++) if (tokens[a + i] !== tokens[b + i]) return false
  return true
}

function mostFrequentTrigram(tokens: readonly string[]): Repetition | undefined {
  const counts = new Map<string, number>()
  const words = tokens.filter((token) => /^[\p{L}\d]/u.test(token))
  let best: Repetition | undefined
  for (let i = 0; i + 3 <= words.length; i++) {
    const phrase = words.slice(i, i + 3).join(' ')
    const times = (counts.get(phrase) ?? 0) + 1
    counts.set(phrase, times)
    if (!best || times > best.times) best = { phrase, times }
  }
  return best
}

/** One to four letters that follow themselves at least four times, more often than any do in the source. */
function letterLoop(target: string, source: string): Repetition | undefined {
  const found = LETTER_LOOP.exec(target)
  if (!found || LETTER_LOOP.test(source)) return undefined
  const phrase = found[1] as string
  return { phrase, times: found[0].length / phrase.length }
}

const LETTER_LOOP = /([\p{L}\d]{1,4}?)\1{4,}/iu
