import { wordsOfPieces } from './pieces.js'

/** A word of the source and the word of the translation that comes from it, counted from 0 between white space. */
export type WordLink = readonly [source: number, target: number]

/**
 * The source word that each word of a translation comes from: the one that got most of the attention of its tokens.
 * What the end of the source got does not count.
 *
 * @param attention (target pieces × (source pieces + 1)), the end of the source last
 * @returns one link for each word of the translation, in order
 */
export function alignWords(attention: Float32Array, source: readonly string[], target: readonly string[]): WordLink[] {
  const sourceWords = wordsOfPieces(source)
  const targetWords = wordsOfPieces(target)
  const width = source.length + 1
  const links: WordLink[] = []
  const words = Math.max(-1, ...targetWords) + 1
  const sums = Array.from({ length: words }, () => new Float64Array(Math.max(-1, ...sourceWords) + 1))
  targetWords.forEach((word, t) => {
    if (word < 0) return
    const sum = sums[word] as Float64Array
    sourceWords.forEach((from, s) => {
      if (from >= 0) sum[from] = (sum[from] as number) + (attention[t * width + s] as number)
    })
  })
  for (const [word, sum] of sums.entries()) {
    if (sum.length > 0) links.push([sum.indexOf(Math.max(...sum)), word])
  }
  return links
}

/** In Pharaoh's form: `0-0 1-2`, source word and target word, in the order of the source. */
export function formatAlignment(links: readonly WordLink[]): string {
  const inOrder = [...links].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  return inOrder.map(([source, target]) => `${source}-${target}`).join(' ')
}
