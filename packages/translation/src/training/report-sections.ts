import type { ReportSection } from '@parlance/nn'
import { type Bucket, paddingShare } from '../data/buckets.js'
import { exampleLength, type Examples, sequence } from '../data/examples.js'

/** @param tables what `cleaningTable` gives */
export function cleaningSection(tables: string): ReportSection {
  return { title: 'Training pairs', text: tables }
}

/** The shapes of batches, and how much of them is padding. */
export function batchSection(examples: Examples, buckets: readonly Bucket[]): ReportSection {
  const all = Array.from({ length: examples.count }, (_, i) => i)
  const tokens = all.map((i) => sequence(examples.sources, i).length + sequence(examples.targets, i).length + 2)
  const share = paddingShare(tokens, all.map((i) => exampleLength(examples, i)), buckets)
  const lines = buckets.map(({ rows, length }) => `${rows} pairs of up to ${length} tokens a side`)
  return { title: 'Batch shapes', text: [...lines, `${(100 * share).toFixed(1)}% of the positions are padding`].join('\n') }
}
