/** Puts values into a random order, the same for a seed (Fisher and Yates, with xorshift32 of Marsaglia 2003). */
export function shuffle(values: Uint32Array, seed: number): void {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
  for (let left = values.length; left > 1; left--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const i = Math.floor(((state >>> 0) / 2 ** 32) * left)
    const held = values[left - 1]!
    values[left - 1] = values[i]!
    values[i] = held
  }
}
