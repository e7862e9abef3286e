/** Every path through a small lattice, one after the other: what tests compare dynamic programming with. */

interface Path {
  /** The frame at which each label is emitted. */
  labelFrames: number[]
  logProbability: number
}

type Score = (frame: number, position: number) => number

/**
 * @param score log-probabilities of the arcs that leave a cell
 */
export function pathsByEnumeration(frames: number, labels: number, score: { blank: Score; label: Score }): Path[] {
  const from = (frame: number, position: number): Path[] => {
    if (frame === frames) return position === labels ? [{ labelFrames: [], logProbability: 0 }] : []
    const blank = score.blank(frame, position)
    const paths = from(frame + 1, position).map((rest) => ({ ...rest, logProbability: rest.logProbability + blank }))
    if (position === labels) return paths
    const label = score.label(frame, position)
    const emitting = from(frame, position + 1).map((rest) => ({
      labelFrames: [frame, ...rest.labelFrames],
      logProbability: rest.logProbability + label,
    }))
    return [...paths, ...emitting]
  }
  return from(0, 0)
}
