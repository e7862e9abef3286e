/** A source of uniform numbers in [0, 1): `new Random(seed)` of @parlance/runtime is one, {@link seededRandom} another. */
export interface RandomSource {
  next(): number
}

/**
 * A small generator for augmentation outside a training loop: the values of a counter mixed with the seed.
 *
 * @param seed a whole number of 0 or more
 */
export function seededRandom(seed: number): RandomSource {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`A seed must be a whole number of 0 or more, got ${seed}.`)
  let counter = 0
  return { next: () => hashedUniform(seed, 0, counter++) }
}

/** Two independent standard normal values by Box and Muller's method, into `out[at]` and `out[at + 1]`. */
export function normalPair(first: number, second: number, out: Float64Array, at: number): void {
  // 1 - u lies in (0, 1].
  const radius = Math.sqrt(-2 * Math.log(1 - first))
  out[at] = radius * Math.cos(2 * Math.PI * second)
  out[at + 1] = radius * Math.sin(2 * Math.PI * second)
}

/** Uniform in [0, 1), a function of three whole numbers below 2^53 (their upper and lower words are mixed in turn). */
export function hashedUniform(seed: number, stream: number, counter: number): number {
  let state = 0x6a09e667
  for (const value of [seed, stream, counter]) {
    state = mix(state ^ (value >>> 0))
    state = mix(state + Math.floor(value / 2 ** 32) + 0x9e3779b9)
  }
  return state / 2 ** 32
}

/** A bijection of 32-bit words in which every input bit changes about half the output bits (xor-shift and multiply, three rounds). */
function mix(word: number): number {
  let x = word >>> 0
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb)
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51)
  x = Math.imul(x ^ (x >>> 15), 0x31848bab)
  return (x ^ (x >>> 14)) >>> 0
}
