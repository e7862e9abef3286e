import { readTextFile, UsageError } from '@parlance/nn/command-line'

/** A sentence and its translation. */
export interface Pair {
  readonly source: string
  readonly target: string
  /** Whether the source is to be marked as made up by a model. */
  readonly tagged?: true
}

function linesOf(file: string): string[] {
  const lines = readTextFile(file).split(/\r?\n/u)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/**
 * Pairs from one file of lines `source TAB target` (further columns are ignored), or from two files whose lines
 * correspond.
 *
 * @throws Error, one line, for a file that is missing, empty or not UTF-8, a line without a tab, or files of different
 *   lengths
 * @throws UsageError unless one or two files are given
 */
export function readPairs(files: readonly string[]): Pair[] {
  const [first, second, ...more] = files
  if (first === undefined || more.length > 0) {
    throw new UsageError(`Sentence pairs come from one TSV file or two text files, got ${files.length} files.`)
  }
  const sources = linesOf(first)
  if (second === undefined) {
    return sources.map((line, i) => {
      const [source, target] = line.split('\t')
      if (target === undefined) {
        throw new Error(`${first}: line ${i + 1} has no tab: expected "source TAB target", got ${shown(line)}.`)
      }
      return { source: source as string, target }
    })
  }
  const targets = linesOf(second)
  if (sources.length !== targets.length) {
    throw new Error(
      `${first} has ${sources.length} lines and ${second} ${targets.length}: line by line, one must translate the other.`,
    )
  }
  return sources.map((source, i) => ({ source, target: targets[i] as string }))
}

function shown(line: string): string {
  return JSON.stringify(line.length > 40 ? `${line.slice(0, 39)}…` : line)
}
