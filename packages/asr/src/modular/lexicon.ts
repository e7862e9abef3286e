import { readTextFile, UsageError } from '@parlance/nn/command-line'

/** How a word is spoken. A word may have several entries. */
export interface Pronunciation {
  word: string
  phones: readonly string[]
}

/**
 * Reads a pronunciation dictionary in the format of the CMU dictionary: a word and its phones a line; further pronunciations
 * as `WORD(2)`; comments begin with `;;;` or stand behind ` #`.
 *
 * @throws UsageError, one line, for a word without phones or a file without words
 */
export function readLexicon(file: string): Pronunciation[] {
  return parseLexicon(readTextFile(file), file)
}

/** @param source what the text came from, for messages */
export function parseLexicon(text: string, source: string): Pronunciation[] {
  const entries: Pronunciation[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const [name, ...phones] = line.replace(/^;;;.*| #.*/u, '').split(/\s+/u).filter((field) => field !== '')
    if (name === undefined) continue
    if (phones.length === 0) throw new UsageError(`${source}: line ${i + 1}: ${JSON.stringify(name)} has no pronunciation: write its phones behind it.`)
    const word = name.replace(/(?<=.)\(\d+\)$/u, '')
    const alike = entries.some((entry) => entry.word === word && entry.phones.join(' ') === phones.join(' '))
    if (!alike) entries.push({ word, phones })
  }
  if (entries.length === 0) throw new UsageError(`${source}: has no pronunciations: expected a word and its phones a line.`)
  return entries
}

/** The pronunciations of each word. */
export function byWord(lexicon: readonly Pronunciation[]): ReadonlyMap<string, readonly Pronunciation[]> {
  const found = new Map<string, Pronunciation[]>()
  for (const entry of lexicon) {
    const some = found.get(entry.word)
    if (some) some.push(entry)
    else found.set(entry.word, [entry])
  }
  return found
}

/** @throws UsageError for a word that the lexicon lacks */
export function pronunciationsOf(word: string, lexicon: ReadonlyMap<string, readonly Pronunciation[]>): readonly Pronunciation[] {
  const found = lexicon.get(word)
  if (!found) throw new UsageError(`The lexicon has no pronunciation of ${JSON.stringify(word)}: add it, or leave the utterance out.`)
  return found
}
