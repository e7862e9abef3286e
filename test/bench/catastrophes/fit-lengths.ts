/** The length model: mean and deviation of the log-ratio of lengths, by source length. */

/** Length models want mean a + b/n and deviation c + d/√n, n being the source's characters. */
export interface LengthModel {
  mean: [number, number]
  deviation: [number, number]
}

/** Weighted least squares over groups of sources of similar length; `offset` is what `length.ts` adds to both lengths. */
export function lengthModel(pairs: readonly (readonly [string, string])[], offset = 3): LengthModel {
  const groups = new Map<number, { n: number; sum: number; squares: number; lengths: number }>()
  for (const [source, target] of pairs) {
    const [from, to] = [[...source].length, [...target].length]
    const ratio = Math.log((to + offset) / (from + offset))
    const key = Math.round(6 * Math.log2(from))
    const group = groups.get(key) ?? { n: 0, sum: 0, squares: 0, lengths: 0 }
    groups.set(key, { n: group.n + 1, sum: group.sum + ratio, squares: group.squares + ratio ** 2, lengths: group.lengths + from })
  }
  const rows = [...groups.values()].filter(({ n }) => n >= 100).map(({ n, sum, squares, lengths }) => {
    const mean = sum / n
    return { weight: Math.sqrt(n), length: lengths / n, mean, deviation: Math.sqrt(squares / n - mean ** 2) }
  })
  return {
    mean: line(rows.map(({ weight, length, mean }) => [weight, 1 / length, mean])),
    deviation: line(rows.map(({ weight, length, deviation }) => [weight, 1 / Math.sqrt(length), deviation])),
  }
}

/** Intercept and slope of the weighted least-squares line through (weight, x, y). */
function line(points: readonly (readonly [number, number, number])[]): [number, number] {
  const total = points.reduce((sum, [w]) => sum + w, 0)
  const x = points.reduce((sum, [w, at]) => sum + w * at, 0) / total
  const y = points.reduce((sum, [w, , value]) => sum + w * value, 0) / total
  const slope =
    points.reduce((sum, [w, at, value]) => sum + w * (at - x) * (value - y), 0) /
    points.reduce((sum, [w, at]) => sum + w * (at - x) ** 2, 0)
  return [y - slope * x, slope].map((value) => Number(value.toFixed(3))) as [number, number]
}
