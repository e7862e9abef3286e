/** What is subtracted from counts of 1, of 2, and of 3 or more. */
export type Discounts = readonly [number, number, number]

/** What KenLM's `--discount_fallback` takes, too. */
const FALLBACK: Discounts = [0.5, 1, 1.5]

/**
 * Modified Kneser-Ney discounts (Chen & Goodman 1998, eq. 26), with n_r the number of n-grams of count r:
 * Y = n1 / (n1 + 2 n2), D1 = 1 − 2Y n2/n1, D2 = 2 − 3Y n3/n2, D3+ = 3 − 4Y n4/n3.
 *
 * Where that is undefined or outside 0 < D_r ≤ r, as for tiny texts and for unigrams of characters, 0.5, 1 and 1.5.
 * Every discount is above 0, so every context passes some mass on to shorter ones.
 *
 * @param counts the counts of one order's n-grams; zeros are ignored
 */
export function estimateDiscounts(counts: ArrayLike<number>): Discounts {
  const n = [0, 0, 0, 0, 0]
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!
    if (count >= 1 && count <= 4) n[count]!++
  }
  const [, n1, n2, n3, n4] = n as [number, number, number, number, number]
  const y = n1 / (n1 + 2 * n2)
  const modified: Discounts = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
  return modified.every((discount, i) => discount > 0 && discount <= i + 1) ? modified : FALLBACK
}
