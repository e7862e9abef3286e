/** Characters of an n-gram. */
const ORDER = 4

/** N-grams that share a slot share a count, which blurs little. */
const SLOTS = 1 << 20

/** What every n-gram counts before it was seen. */
const PRIOR = 0.2

/** The letters of a text, lower-cased, with one space for everything else: digits and punctuation tell no language. */
export function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}]+/gu, ' ').trim()
}

/**
 * How often a language uses each four characters (after Cavnar and Trenkle 1994, "N-Gram-Based Text Categorization").
 *
 * Frequencies and not conditional probabilities: sentences of another language among those that it was learned from
 * leave n-grams that are rare, but whose continuations are predicted well.
 */
export class CharacterStatistics {
  private readonly counts = new Uint32Array(SLOTS)
  private total = 0

  /** @param letters what `lettersOf` gives */
  learn(letters: string): void {
    for (const slot of slots(letters)) {
      this.counts[slot]!++
      this.total++
    }
  }

  /**
   * The mean of −log frequency over a text's n-grams, in nats: how strange it is to the language.
   *
   * @param letters what `lettersOf` gives
   * @param own whether the statistics were learned from this text too: one of each count is then its own and left out, so
   *   that a sentence does not testify for itself
   */
  strangeness(letters: string, own: boolean): number {
    let [sum, grams] = [0, 0]
    for (const slot of slots(letters)) {
      sum -= Math.log((Math.max((this.counts[slot] as number) - (own ? 1 : 0), 0) + PRIOR) / this.total)
      grams++
    }
    return sum / Math.max(grams, 1)
  }
}

function* slots(letters: string): Generator<number> {
  const text = ` ${letters} `
  for (let end = ORDER; end <= text.length; end++) {
    let hash = 0x811c9dc5
    for (let at = end - ORDER; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) // FNV-1a
    yield Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> (32 - Math.log2(SLOTS)) // its high bits scrambled
  }
}
