import { MetricError } from './error.js'

/** For each hypothesis its reference, or several. */
export type References = readonly (string | readonly string[])[]

/**
 * The references as lists. Throws a `MetricError` if there are no sentences, their numbers differ, or one has no
 * reference.
 */
export function referenceLists(hypotheses: readonly string[], references: References): (readonly string[])[] {
  if (hypotheses.length !== references.length) {
    throw new MetricError(
      `hypotheses and references must be as many: got ${hypotheses.length} and ${references.length} sentences`,
    )
  }
  if (hypotheses.length === 0) throw new MetricError('there are no sentences to compare')
  return references.map((reference, i) => {
    const list = typeof reference === 'string' ? [reference] : reference
    if (list.length === 0) throw new MetricError(`sentence ${i + 1} has no reference, expected at least one`)
    return list
  })
}

/** The `nrefs` of a signature. */
export function referenceNumber(references: readonly (readonly string[])[]): string {
  const numbers = new Set(references.map((list) => list.length))
  return numbers.size === 1 ? String([...numbers][0]) : 'var'
}
