import { referenceLists, referenceNumber, type References } from '../references.js'
import type { CorpusStatistics } from '../statistics.js'
import { VERSION } from '../version.js'
import { countTerEdits } from './shifts.js'
import { type TerOptions, terTokenize } from './tokenize.js'

export interface Ter {
  /** Edits per hundred words of the references: 0 is best, and there is no highest. */
  readonly score: number
  readonly edits: number
  /** Words of the references; of several references of a sentence, the mean. */
  readonly referenceLength: number
  /** In the form of sacreBLEU's, naming all that changes the score. */
  readonly signature: string
}

/**
 * Corpus translation edit rate (Snover et al. 2006), equal to sacreBLEU's and, but for rare ties, tercom's.
 * `references[i]` is the reference of `hypotheses[i]` or a list of them, of which the one with fewest edits counts.
 *
 * Throws a `MetricError` if there are no sentences, their numbers differ, or a sentence has no reference.
 */
export function ter(hypotheses: readonly string[], references: References, options: TerOptions = {}): Ter {
  const { sentences, score } = terStatistics(hypotheses, references, options)
  const edits = sentences.reduce((sum, each) => sum + each[0]!, 0)
  const referenceLength = sentences.reduce((sum, each) => sum + each[1]!, 0)
  const lists = referenceLists(hypotheses, references)
  return { score: score([edits, referenceLength]), edits, referenceLength, signature: signature(lists, options) }
}

/** Edits and reference words of each sentence: for intervals and tests of significance. Throws as `ter` does. */
export function terStatistics(
  hypotheses: readonly string[],
  references: References,
  options: TerOptions = {},
): CorpusStatistics {
  const lists = referenceLists(hypotheses, references)
  const words = (text: string): string[] => terTokenize(text.trimEnd(), options)
  const sentences = hypotheses.map((hypothesis, i) => {
    const hypothesisWords = words(hypothesis)
    const candidates = lists[i]!.map(words)
    const edits = Math.min(...candidates.map((reference) => countTerEdits(hypothesisWords, reference)))
    return [edits, candidates.reduce((sum, { length }) => sum + length, 0) / candidates.length]
  })
  return { sentences, score: ([edits = 0, length = 0]) => (length > 0 ? (100 * edits) / length : edits > 0 ? 100 : 0) }
}

function signature(references: readonly (readonly string[])[], options: TerOptions): string {
  return [
    `nrefs:${referenceNumber(references)}`,
    `case:${options.caseSensitive ? 'mixed' : 'lc'}`,
    'tok:tercom',
    `norm:${options.normalized ? 'yes' : 'no'}`,
    `punct:${options.noPunctuation ? 'no' : 'yes'}`,
    `asian:${options.asianSupport ? 'yes' : 'no'}`,
    `version:parlance-${VERSION}`,
  ].join('|')
}
