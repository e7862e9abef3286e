import type { Features } from '@parlance/audio'

/** Shares of the way from the quiet to the loud level at which the threshold is tried, the middle first. */
const LEVELS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]
/** Frames: shorter pauses belong to a word, and shorter stretches are clicks. */
const SHORTEST = 5

/**
 * Where the words of a recording lie, if pauses tell: a threshold on the energy is looked for that leaves exactly as
 * many loud stretches as there are words, and the recording is cut at the quietest frame of each pause.
 *
 * @param features log-mel, shape (T, F)
 * @returns words + 1 frames, from 0 to T, with a word between each two; undefined where no threshold fits
 */
export function wordBoundaries({ frames, bins, data }: Features, words: number): number[] | undefined {
  if (words < 1 || frames === 0) return undefined
  const energy = Float32Array.from({ length: frames }, (_, t) => {
    let sum = 0
    for (let b = 0; b < bins; b++) sum += data[t * bins + b] as number
    return sum / bins
  })
  const sorted = energy.toSorted()
  const quiet = sorted[Math.floor(frames * 0.1)] as number
  const loud = sorted[Math.floor(frames * 0.95)] as number
  for (const level of LEVELS) {
    const stretches = loudStretches(energy, quiet + level * (loud - quiet))
    if (stretches.length !== words) continue
    const cuts = stretches.slice(1).map(([start], i) => quietest(energy, (stretches[i] as [number, number])[1], start))
    return [0, ...cuts, frames]
  }
  return undefined
}

/** Stretches [start, end) above the threshold. */
function loudStretches(energy: Float32Array, threshold: number): [number, number][] {
  const stretches: [number, number][] = []
  for (let t = 0; t < energy.length; t++) {
    if ((energy[t] as number) <= threshold) continue
    const last = stretches.at(-1)
    if (last && t - last[1] < SHORTEST) last[1] = t + 1
    else stretches.push([t, t + 1])
  }
  return stretches.filter(([start, end]) => end - start >= SHORTEST)
}

function quietest(energy: Float32Array, from: number, to: number): number {
  let best = from
  for (let t = from; t < to; t++) if ((energy[t] as number) < (energy[best] as number)) best = t
  return best
}
