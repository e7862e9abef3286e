/**
 * Area under the ROC curve: the probability that a positive item scores above a negative one, equal scores counting half
 * (Mann and Whitney 1947). Undefined without items of both kinds.
 */
export function areaUnderCurve(items: readonly { score: number; positive: boolean }[]): number | undefined {
  const sorted = items.toSorted((a, b) => a.score - b.score)
  const positives = sorted.filter(({ positive }) => positive).length
  const negatives = sorted.length - positives
  if (positives === 0 || negatives === 0) return undefined
  let below = 0
  let area = 0
  for (let i = 0; i < sorted.length; ) {
    let end = i
    while (end < sorted.length && sorted[end]?.score === sorted[i]?.score) end++
    const right = sorted.slice(i, end).filter(({ positive }) => positive).length
    const wrong = end - i - right
    area += right * (below + wrong / 2)
    below += wrong
    i = end
  }
  return area / (positives * negatives)
}
