// Random numbers of one thread: a 64-bit linear congruential generator (Knuth's MMIX constants), of which only the high
// bits are used.

let state: u64 = 0

/** Starts the sequence of `seed`; neighbouring seeds give unrelated sequences (the finalizer of SplitMix64). */
export function seedRandom(seed: u64): void {
  let z = seed + 0x9e3779b97f4a7c15
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb
  state = z ^ (z >> 31)
}

export function randomState(): u64 {
  return state
}

/** Goes back to where `randomState` was taken. */
export function restoreRandom(to: u64): void {
  state = to
}

/** Uniform in [0, 2^32). */
export function randomBits(): u32 {
  state = state * 6364136223846793005 + 1442695040888963407
  return <u32>(state >> 32)
}

/** Uniform in [0, limit). */
export function randomBelow(limit: u32): u32 {
  return <u32>((<u64>randomBits() * <u64>limit) >> 32)
}
