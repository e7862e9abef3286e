/** The id that stands for no token, by our convention the tokenizer's first. */
export const BLANK = 0
/** How the tokenizer spells it. */
export const BLANK_TOKEN = '<blank>'

/**
 * The likeliest path of a CTC model with repeats merged and blanks left out (best path decoding: Graves et al. 2006,
 * section 3.2). Equal scores go to the lower id.
 *
 * @param scores (frames, vocabSize), row-major: logits or log-probabilities
 * @param first index of the first score
 * @returns token ids
 */
export function greedyTokens(scores: ArrayLike<number>, frames: number, vocabSize: number, first = 0): number[] {
  const tokens: number[] = []
  let previous = BLANK
  for (let t = 0; t < frames; t++) {
    const row = first + t * vocabSize
    let best = 0
    for (let v = 1; v < vocabSize; v++) if ((scores[row + v] as number) > (scores[row + best] as number)) best = v
    if (best !== previous && best !== BLANK) tokens.push(best)
    previous = best
  }
  return tokens
}
