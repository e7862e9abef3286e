import { EmbeddingError } from '../errors.js'
import { linesOf, type Texts } from '../text/read-texts.js'
import { wordsOf } from '../text/words.js'

/** What begins a label in StarSpace's and fastText's files. */
export const LABEL = '__label__'

/**
 * What a line of a file is (Wu et al. 2018, section 4):
 * - `tags`: words and labels; the words predict each label (StarSpace's training mode 0, TagSpace);
 * - `pages`: what one user likes, a word each; all but one predict that one (mode 1, PageSpace);
 * - `sentences`: texts that belong together, with tabs between; one predicts another (mode 3, file format labelDoc).
 */
export const TASK_KINDS = ['tags', 'pages', 'sentences'] as const
export type TaskKind = (typeof TASK_KINDS)[number]

/** One example: bags of words, `tags` the text first and then labels of one word each. */
export type Parts = readonly (readonly string[])[]

/** The parts of a line; labels and pages are whole words. */
export function partsOf(line: string, kind: TaskKind): Parts {
  if (kind === 'sentences') return line.split('\t').map(wordsOf).filter((part) => part.length > 0)
  const words = wordsOf(line)
  if (kind === 'pages') return words.map((word) => [word])
  const isLabel = (word: string) => word.startsWith(LABEL)
  return [words.filter((word) => !isLabel(word)), ...words.filter(isLabel).map((label) => [label])]
}

/** Whether an example has two sides. */
function isWhole(parts: Parts): boolean {
  return parts.length > 1 && parts[0]!.length > 0
}

/** The examples of a file one after another. Lines without two sides are passed over; pieces of long lines are examples. */
export async function* readExamples(texts: Texts, kind: TaskKind): AsyncGenerator<Parts> {
  for await (const { line } of linesOf(texts())) {
    const parts = partsOf(line, kind)
    if (isWhole(parts)) yield parts
  }
}

const EXPECTED = {
  tags: `words and labels that begin with ${LABEL}`,
  pages: 'two pages or more',
  sentences: 'two texts or more with tabs between',
}

/** The error for a file without a single example. */
export function noExamples(kind: TaskKind): EmbeddingError {
  return new EmbeddingError(`The ${kind} hold no example: expected ${EXPECTED[kind]} in a line.`)
}
