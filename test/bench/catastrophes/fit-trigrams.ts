/** Character trigrams of each language for its identification, most frequent first, by their log-probability. */
import { trigrams } from '../../../packages/translation/src/quality/language/trigrams.js'

const KEPT = 3000

/** @returns by −log₂ of the probability, rounded to a half, the trigrams in one string */
export function trigramLevels(sentences: Iterable<string>): Record<string, string> {
  const counts = new Map<string, number>()
  let total = 0
  for (const sentence of sentences) {
    for (const trigram of trigrams(sentence)) {
      counts.set(trigram, (counts.get(trigram) ?? 0) + 1)
      total++
    }
  }
  const levels: Record<string, string> = {}
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, KEPT)
  for (const [trigram, count] of frequent) {
    const bits = (Math.round(-2 * Math.log2(count / total)) / 2).toFixed(1)
    levels[bits] = (levels[bits] ?? '') + trigram
  }
  return levels
}
