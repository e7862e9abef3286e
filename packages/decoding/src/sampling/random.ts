/**
 * Philox4x32-10, a counter-based random generator (Salmon et al. 2011, "Parallel random numbers: as easy as
 * 1, 2, 3"): a keyed bijection of 128-bit counters, so any draw is had directly from its coordinates.
 *
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @returns (4) 32-bit words
 */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number]):
  Uint32Array {
  const c = Uint32Array.from(counter)
  let k0 = key[0] | 0
  let k1 = key[1] | 0
  for (let round = 0; round < 10; round++) {
    const c0 = c[0]!
    const c2 = c[2]!
    c[0] = multiplyHigh(0xCD9E8D57, c2) ^ c[1]! ^ k0
    c[1] = Math.imul(0xCD9E8D57, c2)
    c[2] = multiplyHigh(0xD2511F53, c0) ^ c[3]! ^ k1
    c[3] = Math.imul(0xD2511F53, c0)
    k0 = (k0 + 0x9E3779B9) | 0
    k1 = (k1 + 0xBB67AE85) | 0
  }
  return c
}

/**
 * A uniform number in [0, 1) with 53 random bits, from its coordinates alone.
 *
 * @param seed an integer in [0, 2^53)
 */
export function uniform(seed: number, sentence: number, draw: number, position: number): number {
  const [high, low] = philox([position, sentence, draw, 0], [seed % 2 ** 32, Math.floor(seed / 2 ** 32)])
  return ((high! >>> 5) * 2 ** 26 + (low! >>> 6)) / 2 ** 53
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xFFFF
  const aHigh = a >>> 16
  const bLow = b & 0xFFFF
  const bHigh = b >>> 16
  const middle = aHigh * bLow + Math.floor(aLow * bLow / 65536)
  const carry = aLow * bHigh + (middle % 65536)
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)
}
