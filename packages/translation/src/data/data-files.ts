import { UsageError } from '@parlance/nn/command-line'
import type { Direction } from '../multilingual/languages.js'
import type { Directions } from './directions.js'
import { type Pair, readPairs } from './read-pairs.js'

/** Sentence pairs of one origin. */
export interface Part {
  /** The files, for messages. */
  readonly name: string
  /** Which languages the sides are in; none for a translator of one language pair. */
  readonly direction: Direction | undefined
  readonly pairs: readonly Pair[]
}

const WITH_LANGUAGES = /^([A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*)-([A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*)=(.+)$/su

/**
 * Reads what `--data` names: one TSV file of lines `source TAB target`, two files whose lines correspond, or any number of
 * `en-de=FILE` (or `en-de=FILE,FILE`), of which the first column (or file) is in the language named first.
 *
 * @throws UsageError when only some say their languages, or there are no files
 * @throws Error, one line, for files that cannot be used
 */
export function readParts(files: readonly string[]): Part[] {
  const parsed = files.map((file) => WITH_LANGUAGES.exec(file))
  if (parsed.every((match) => match === null)) return [{ name: files.join(', '), direction: undefined, pairs: readPairs(files) }]
  return parsed.map((match, i) => {
    if (!match) throw new UsageError(`Either all data say their languages or none do, got ${files[i]}: write it as en-de=${files[i]}.`)
    const [, from = '', to = '', names = ''] = match
    if (from === to) throw new UsageError(`A language is not translated into itself, got ${files[i]}.`)
    return { name: names, direction: { from, to }, pairs: readPairs(names.split(',')) }
  })
}

/**
 * The parts as they are to be learned.
 *
 * @throws UsageError when both directions are wanted and the languages have no names
 */
export function turned(parts: readonly Part[], wanted: Directions): Part[] {
  if (wanted === 'forward') return [...parts]
  const back = parts.map(({ name, direction, pairs }): Part => {
    if (!direction && wanted === 'both') {
      throw new UsageError('To learn both directions, name the languages: write the data as en-de=FILE.')
    }
    return {
      name,
      direction: direction && { from: direction.to, to: direction.from },
      pairs: pairs.map(({ source, target }) => ({ source: target, target: source })),
    }
  })
  return wanted === 'both' ? [...parts, ...back] : back
}
