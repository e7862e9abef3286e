import type { Random } from '../random.js'

/** What is heard where nobody speaks: sound like the quietest of the clips, or digital silence. */
export type Background = 'floor' | 'silence'

/** Samples of the stretch that is looked for, 40 ms, and of the grains that are cut out of it. */
const QUIET = 320
const GRAIN = 160

/**
 * What fills a string between its clips.
 *
 * `floor` lays grains (Hann windows, half overlapping) drawn at random from the quietest 40 ms of the clips side by side, so that a
 * join is not given away by another noise.
 *
 * @returns shape (length)
 */
export function background(kind: Background, clips: readonly Float32Array[], length: number, random: Random): Float32Array {
  const sound = new Float32Array(length)
  const quiet = kind === 'floor' ? quietest(clips) : undefined
  if (!quiet) return sound
  const hop = GRAIN / 2
  for (let at = -hop; at < length; at += hop) {
    const from = random.integer(quiet.length - GRAIN + 1)
    const sign = random.chance(0.5) ? 1 : -1
    for (let n = Math.max(0, -at); n < GRAIN && at + n < length; n++) {
      // Grains are independent: squares of these windows, not the windows themselves, must sum to one.
      sound[at + n]! += sign * Math.sin((Math.PI * (n + 0.5)) / GRAIN) * quiet[from + n]!
    }
  }
  return sound
}

/** The 40 ms of least power, without their mean; undefined where all clips are shorter. */
function quietest(clips: readonly Float32Array[]): Float32Array | undefined {
  let best: Float32Array | undefined
  let least = Infinity
  for (const clip of clips) {
    for (let at = 0; at + QUIET <= clip.length; at += GRAIN / 2) {
      const stretch = clip.subarray(at, at + QUIET)
      const power = stretch.reduce((sum, value) => sum + value * value, 0)
      if (power >= least) continue
      least = power
      best = stretch
    }
  }
  if (!best) return undefined
  const mean = best.reduce((sum, value) => sum + value, 0) / QUIET
  return best.map((value) => value - mean)
}
