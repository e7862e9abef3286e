/**
 * The `count` ids with the greatest scores, the greatest first; equal scores go to the lower id.
 *
 * @param scores (vocabSize)
 * @param without an id to leave out
 */
export function topTokens(scores: ArrayLike<number>, count: number, without: number): number[] {
  const top: number[] = []
  for (let v = 0; v < scores.length; v++) {
    const score = scores[v] as number
    if (v === without || (top.length === count && score <= (scores[top[count - 1] as number] as number))) continue
    let at = top.length
    while (at > 0 && score > (scores[top[at - 1] as number] as number)) at--
    top.splice(at, 0, v)
    if (top.length > count) top.pop()
  }
  return top
}
