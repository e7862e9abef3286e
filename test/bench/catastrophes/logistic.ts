/**
 * Logistic regression of shares in [0, 1] (Papke and Wooldridge 1996, "Econometric methods for fractional response variables")
 * by Newton's method.
 *
 * @param rows (rows, features)
 * @param shares (rows) what is to be predicted
 * @returns the bias, then the weight of each feature
 */
export function fitLogistic(rows: readonly (readonly number[])[], shares: readonly number[]): number[] {
  const size = (rows[0]?.length ?? 0) + 1
  let weights = Array.from({ length: size }, () => 0)
  for (let step = 0; step < 25; step++) {
    const system = Array.from({ length: size }, () => Array.from({ length: size + 1 }, () => 0))
    for (const [n, row] of rows.entries()) {
      const x = [1, ...row]
      const p = predictLogistic(weights, row)
      for (let i = 0; i < size; i++) {
        const equation = system[i] as number[]
        for (let j = 0; j < size; j++) equation[j] = (equation[j] as number) + (x[i] as number) * (x[j] as number) * p * (1 - p)
        equation[size] = (equation[size] as number) + (x[i] as number) * ((shares[n] as number) - p)
      }
    }
    const change = solve(system)
    weights = weights.map((weight, i) => weight + (change[i] as number))
  }
  return weights
}

export function predictLogistic(weights: readonly number[], row: readonly number[]): number {
  return 1 / (1 + Math.exp(-row.reduce((sum, value, i) => sum + value * (weights[i + 1] as number), weights[0] as number)))
}

/** Gauss and Jordan's elimination of a positive definite system, the right side in the last column. */
function solve(system: number[][]): number[] {
  for (const [i, pivot] of system.entries()) {
    const scale = pivot[i] as number
    for (let j = 0; j < pivot.length; j++) pivot[j] = (pivot[j] as number) / scale
    for (const [r, row] of system.entries()) {
      if (r === i) continue
      const factor = row[i] as number
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number)
    }
  }
  return system.map((row) => row.at(-1) as number)
}
