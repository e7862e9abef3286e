/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
 * 1, 2, 3", SC 2011). A value depends on the key and on its position only, never on what was drawn before by others,
 * so that a stream can be resumed, split and repeated.
 */

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/** High 32 bits of the unsigned product of two 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = (middle & 0xffff) + aLow * bHigh
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0
}

/** One Philox4x32-10 block: four 32-bit outputs of `counter` (four words) under `key` (two words), into `out`. */
export function philox(counter: readonly number[], key: readonly number[], out: Uint32Array): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter
  let [k0 = 0, k1 = 0] = key
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0)
    const low0 = Math.imul(MULTIPLIER_0, c0)
    const high1 = multiplyHigh(MULTIPLIER_1, c2)
    const low1 = Math.imul(MULTIPLIER_1, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1 >>> 0
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0 >>> 0
    k0 = (k0 + WEYL_0) >>> 0
    k1 = (k1 + WEYL_1) >>> 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** FNV-1a over the UTF-16 code units, mixed with a running hash: names become key words. */
function mixName(hash: number, name: string): number {
  let h = hash
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0
}

let refuse: (() => never) | undefined

/** Calls a function in which drawing random numbers in JavaScript, from `Random` or Math.random, calls `refusal`. */
export function withoutRandom<T>(refusal: () => never, call: () => T): T {
  const before = { random: Math.random, refuse }
  Math.random = refusal
  refuse = refusal
  try {
    return call()
  } finally {
    Math.random = before.random
    refuse = before.refuse
  }
}

/**
 * A named stream of random numbers: `new Random(seed, 'embedding', layer)`. The same seed and path give the same
 * numbers on every machine; drawing from one stream never changes another.
 */
export class Random {
  private readonly key: readonly [number, number]
  private readonly block = new Uint32Array(4)
  private position = 0
  private used = 4

  constructor(
    readonly seed: number,
    ...path: (string | number)[]
  ) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`A seed must be a whole number of 0 or more, got ${seed}: pass, say, 1.`)
    }
    let hash = (0x811c9dc5 ^ Math.floor(seed / 2 ** 32)) >>> 0
    for (const part of path) hash = mixName(hash, `/${part}`)
    this.key = [seed >>> 0, hash]
  }

  /** A stream of its own below this one's seed, named by `path` alone. */
  fork(...path: (string | number)[]): Random {
    return new Random(this.seed, this.key[1], ...path)
  }

  /** The next 32 random bits, as a whole number in [0, 2³²). */
  uint32(): number {
    refuse?.()
    if (this.used === 4) {
      philox([this.position >>> 0, Math.floor(this.position / 2 ** 32), 0, 0], this.key, this.block)
      this.position++
      this.used = 0
    }
    return this.block[this.used++] as number
  }

  /** A number uniform in [0, 1), with 24 random bits: exact in float32. */
  next(): number {
    return (this.uint32() >>> 8) / 2 ** 24
  }

  /** A whole number uniform in [0, bound), without bias. */
  integer(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`The bound of a random integer must be a whole number in 1…2³², got ${bound}.`)
    }
    const limit = 2 ** 32 - (2 ** 32 % bound)
    let bits = this.uint32()
    while (bits >= limit) bits = this.uint32()
    return bits % bound
  }

  /** `count` values uniform in [low, high). */
  uniform(count: number, low = 0, high = 1): Float32Array {
    const values = new Float32Array(count)
    for (let i = 0; i < count; i++) values[i] = low + (high - low) * this.next()
    return values
  }

  /** `count` values of a normal distribution (Box and Muller 1958). */
  normal(count: number, mean = 0, deviation = 1): Float32Array {
    const values = new Float32Array(count)
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
      const angle = 2 * Math.PI * this.next()
      values[i] = mean + deviation * radius * Math.cos(angle)
      if (i + 1 < count) values[i + 1] = mean + deviation * radius * Math.sin(angle)
    }
    return values
  }

  /** The numbers 0 … count − 1 in random order (Fisher and Yates). */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i)
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const swapped = order[i] as number
      order[i] = order[j] as number
      order[j] = swapped
    }
    return order
  }
}
