import { EmbeddingError } from '../errors.js'

const ONE = 2 ** 32

/**
 * The alias table of a discrete distribution, by which a draw takes constant time (Walker 1977; built as in Vose 1991):
 * entry i, chosen uniformly, gives i when a random 32-bit number is below its threshold and its alias otherwise.
 *
 * @param weights not negative, in any unit
 * @returns two uint32 for each weight, threshold and alias
 * @throws EmbeddingError for no weights, or weights that are not numbers from 0 on with a positive sum.
 */
export function aliasTable(weights: ArrayLike<number>): Uint32Array {
  const size = weights.length
  const sum = Array.from(weights).reduce((total, weight) => total + (weight >= 0 ? weight : Number.NaN), 0)
  if (!(sum > 0 && sum < Infinity)) {
    throw new EmbeddingError('A distribution needs weights that are not negative and do not sum to 0.')
  }
  const shares = Float64Array.from(weights, (weight) => (weight * size) / sum)
  const table = new Uint32Array(2 * size)
  const small: number[] = []
  const large: number[] = []
  for (let i = 0; i < size; i++) (shares[i]! < 1 ? small : large).push(i)
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!
    const high = large.at(-1)!
    table[2 * low] = Math.round(shares[low]! * ONE)
    table[2 * low + 1] = high
    shares[high]! -= 1 - shares[low]!
    if (shares[high]! < 1) small.push(large.pop()!)
  }
  // What is left is 1 up to rounding: its alias is itself.
  for (const i of [...small, ...large]) {
    table[2 * i] = ONE - 1
    table[2 * i + 1] = i
  }
  return table
}
