import type { Random } from '@parlance/runtime'

/**
 * How often an epoch shows the pairs of each group, so that groups of nₗ pairs are drawn with probability
 * ∝ (nₗ / Σ n)^(1/T) (Arivazhagan et al. 2019, "Massively Multilingual Neural Machine Translation in the Wild", section
 * 4.1) and the largest is shown once: (nₗ / max n)^(1/T − 1). T = 1 shows all once; they take 5.
 */
export function temperatureRepeats(sizes: readonly number[], temperature: number): number[] {
  const largest = Math.max(...sizes)
  return sizes.map((size) => (size / largest) ** (1 / temperature - 1))
}

/** Examples `start` to `end` − 1, each shown `repeats` times an epoch; a fraction is a share of them, drawn anew each time. */
export interface Share {
  readonly start: number
  readonly end: number
  readonly repeats: number
}

/**
 * The examples of an epoch in ascending order: `example + copy · count`, so that copies of an example differ.
 *
 * @param count examples of all shares together
 */
export function drawEpoch(shares: readonly Share[], count: number, random: Random): Int32Array {
  const drawn: number[] = []
  for (const [i, { start, end, repeats }] of shares.entries()) {
    const whole = Math.floor(repeats)
    for (let copy = 0; copy < whole; copy++) {
      for (let example = start; example < end; example++) drawn.push(example + copy * count)
    }
    const rest = Math.round((repeats - whole) * (end - start))
    if (rest === 0) continue
    const some = random.fork('share', i).permutation(end - start).subarray(0, rest)
    for (const place of some) drawn.push(start + place + whole * count)
  }
  return Int32Array.from(drawn).sort()
}
