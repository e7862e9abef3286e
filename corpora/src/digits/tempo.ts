/** Samples of a piece, 40 ms at 8 kHz, and how far a better place for it is looked for on either side. */
const PIECE = 320
const REACH = 80
/** Every so many samples are compared, and every so many places. */
const STRIDE = 4
const STEP = 2

/**
 * Another pace at the same pitch, by waveform similarity overlap-add (Verhelst and Roelands 1993): pieces are laid half
 * over each other, each taken from about where its time is and exactly from where it goes on best.
 *
 * @param samples shape (N), at about 8 kHz
 * @param factor 1.1 is a tenth faster
 * @returns shape (about N / factor); the signal itself where it is shorter than two pieces
 */
export function changeTempo(samples: Float32Array, factor: number): Float32Array {
  const hop = PIECE / 2
  if (samples.length < 2 * PIECE + 2 * REACH) return samples
  const length = Math.round(samples.length / factor)
  const output = new Float32Array(length + PIECE)
  let from = 0
  for (let at = 0; at < length; at += hop) {
    if (at > 0) from = mostAlike(samples, from + hop, Math.round(at * factor))
    for (let n = 0; n < PIECE; n++) {
      const window = at === 0 && n < hop ? 1 : Math.sin((Math.PI * (n + 0.5)) / PIECE) ** 2
      output[at + n]! += window * (samples[from + n] ?? 0)
    }
  }
  return output.subarray(0, length)
}

/** The place within reach of `place` whose piece is most like the one at `natural`. */
function mostAlike(samples: Float32Array, natural: number, place: number): number {
  const last = samples.length - PIECE
  let best = Math.max(0, Math.min(last, place))
  let most = -Infinity
  for (let from = Math.max(0, place - REACH); from <= Math.min(last, place + REACH); from += STEP) {
    let likeness = 0
    for (let n = 0; n < PIECE; n += STRIDE) likeness += (samples[natural + n] ?? 0) * samples[from + n]!
    if (likeness <= most) continue
    most = likeness
    best = from
  }
  return best
}
