import type { GraphSession } from '@parlance/runtime/session'
import { BLANK } from '../blank.js'
import { noTokens, type TimedTokens } from '../search/timed-tokens.js'

/** A token a frame and some more: an attention decoder that goes astray must end. */
const EXTRA_TOKENS = 10

/**
 * Greedy search with an attention decoder: the likeliest token until that is the end. Such a decoder does not say where in
 * the recording a token is: `frames` stays empty.
 *
 * @param encoded a recording's frames, (T, width) row-major
 */
export function attentionGreedy(decoder: GraphSession, encoded: Float32Array, width: number): TimedTokens {
  const found = noTokens()
  const frames = encoded.length / width
  if (frames === 0) return found
  const memory = { encoded: { data: encoded, shape: [1, frames, width] }, lengths: { data: Int32Array.of(frames), shape: [1] } }
  while (found.tokens.length < frames + EXTRA_TOKENS) {
    const tokens = Int32Array.from([BLANK, ...found.tokens])
    const { log_probs: scores } = decoder.run({ tokens: { data: tokens, shape: [1, tokens.length] }, ...memory })
    const row = scores?.data as Float32Array
    let best = 0
    for (let v = 1; v < row.length; v++) if ((row[v] as number) > (row[best] as number)) best = v
    if (best === BLANK) break
    found.tokens.push(best)
    found.logProbs.push(row[best] as number)
  }
  return found
}
