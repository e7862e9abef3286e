const LARGEST = 2 ** 32 - 1

/**
 * How often each word is kept: with a share z of the corpus, a word is kept with probability (√(z/s) + 1) s/z, what
 * word2vec.c computes (Mikolov et al. 2013 print another formula).
 *
 * @param sample s; 0: all words are kept
 * @returns uint32 by word: kept when a random 32-bit number is not above it
 */
export function keepThresholds(counts: readonly number[], sample: number): Uint32Array {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return Uint32Array.from(counts, (count) => {
    if (sample === 0 || count === 0) return LARGEST
    const scale = (sample * total) / count
    return Math.min(LARGEST, Math.floor((Math.sqrt(1 / scale) + 1) * scale * 2 ** 32))
  })
}
