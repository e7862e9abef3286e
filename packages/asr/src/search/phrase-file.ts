import { readFileSync } from 'node:fs'
import { UsageError } from '@parlance/nn/command-line'
import type { Tokenizer } from '@parlance/tokenizer'
import type { WeightedPhrase } from './phrase-automaton.js'

/** Bonus of each token of a phrase that names none, in natural-log units. */
const DEFAULT_WEIGHT = 1.5
/** What classes may multiply one line to. */
const MOST_PHRASES = 10_000

interface Line {
  number: number
  words: string[]
  weight: number
}

/**
 * Reads the phrases that a recogniser is to expect, one a line:
 *
 *     # people and numbers
 *     @digit = ONE | TWO | THREE
 *     ROBERT MILLER :2
 *     ROOM @digit @digit
 *
 * `:2` at the end is the bonus of each token, 1.5 without it. `@digit` stands for each of the class's phrases; the line that
 * defines it may be anywhere. Empty lines and what follows a # count for nothing.
 *
 * @throws UsageError, one line that names file and line, for what cannot be read or spelled with the model's tokens
 */
export function readPhrases(file: string, tokenizer: Tokenizer): WeightedPhrase[] {
  return parsePhrases(textOf(file), tokenizer, file)
}

/** Like `readPhrases`, from the text of the file, which errors call `source`. */
export function parsePhrases(text: string, tokenizer: Tokenizer, source: string): WeightedPhrase[] {
  const classes = new Map<string, string[][]>()
  const lines: Line[] = []
  for (const [i, whole] of text.split(/\r?\n/u).entries()) {
    const content = whole.replace(/#.*$/u, '').trim()
    if (content === '') continue
    const refuse = refusal(source, i + 1)
    if (/^@\S+\s*=/u.test(content)) define(classes, content, refuse)
    else lines.push({ number: i + 1, ...weighted(content, refuse) })
  }
  if (lines.length === 0) throw new UsageError(`${source}: there are no phrases in it: write one a line.`)
  return lines.flatMap((line) => {
    const refuse = refusal(source, line.number)
    return expanded(line.words, classes, refuse).flatMap((words) => spellings(words.join(' '), tokenizer, refuse, line.weight))
  })
}

type Refuse = (message: string) => never

function refusal(source: string, number: number): Refuse {
  return (message) => {
    throw new UsageError(`${source}: line ${number}: ${message}`)
  }
}

function textOf(file: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new UsageError(`${file}: the phrases cannot be read: ${(error as Error).message}.`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${file}: is not UTF-8: save the phrases as UTF-8 text.`)
  }
}

/** `@name = phrase | phrase` */
function define(classes: Map<string, string[][]>, content: string, refuse: Refuse): void {
  const at = content.indexOf('=')
  const name = content.slice(0, at).trim()
  if (classes.has(name)) refuse(`the class ${name} is defined a second time.`)
  const members = content.slice(at + 1).split('|').map((member) => wordsOf(member))
  if (members.some((words) => words.length === 0)) refuse(`the class ${name} has an empty phrase: write ${name} = ONE | TWO.`)
  const inner = members.flat().find((word) => word.startsWith('@'))
  if (inner !== undefined) refuse(`the class ${name} has the class ${inner} in it: classes hold plain phrases.`)
  classes.set(name, members)
}

/** `phrase :weight` */
function weighted(content: string, refuse: Refuse): { words: string[]; weight: number } {
  const match = /^(.*?)\s*(?:^|\s):(\S*)$/u.exec(content)
  const words = wordsOf(match?.[1] ?? content)
  const weight = match ? Number(match[2]) : DEFAULT_WEIGHT
  if (words.length === 0) refuse('there is a weight without a phrase.')
  if (match?.[2] === '' || !(weight > 0 && weight < Infinity)) refuse(`the weight must be a number above 0, got ${JSON.stringify(match?.[2])}.`)
  return { words, weight }
}

/** Every phrase that a line with classes stands for. */
function expanded(words: readonly string[], classes: ReadonlyMap<string, string[][]>, refuse: Refuse): string[][] {
  let phrases: string[][] = [[]]
  for (const word of words) {
    const members = word.startsWith('@') ? classes.get(word) : [[word]]
    if (!members) return refuse(`the class ${word} is not defined: add a line ${word} = ONE | TWO.`)
    if (phrases.length * members.length > MOST_PHRASES) refuse(`its classes make more than ${MOST_PHRASES} phrases: split it or use smaller classes.`)
    phrases = phrases.flatMap((phrase) => members.map((member) => [...phrase, ...member]))
  }
  return phrases
}

/** A phrase's tokens at a text's beginning, and behind a space where the tokenizer writes it otherwise there. */
function spellings(phrase: string, tokenizer: Tokenizer, refuse: Refuse, weight: number): WeightedPhrase[] {
  const encode = (text: string): number[] => {
    try {
      return [...tokenizer.encode(text)]
    } catch (error) {
      return refuse(`the model has no tokens for ${JSON.stringify(phrase)}: ${(error as Error).message}.`)
    }
  }
  const plain = encode(phrase)
  if (tokenizer.decode(plain).trim() !== phrase) refuse(`the model has no tokens for ${JSON.stringify(phrase)}: it would write ${JSON.stringify(tokenizer.decode(plain))}.`)
  let spaced: number[]
  try {
    spaced = [...tokenizer.encode(` ${phrase}`)]
  } catch {
    // A model of words without a space among its characters.
    return [{ tokens: plain, weight }]
  }
  // A token of the space alone is no part of the phrase.
  const same = spaced.slice(-plain.length).join() === plain.join()
  return same ? [{ tokens: plain, weight }] : [{ tokens: plain, weight }, { tokens: spaced, weight }]
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}
