/** The tokens of a hypothesis as a list that grows at its end: hypotheses that branch share what they had in common. */
export interface Prefix {
  readonly before: Prefix | undefined
  /** The last token; -1 of the empty prefix. */
  readonly token: number
  readonly length: number
  /** Of all tokens; equal prefixes have equal hashes. */
  readonly hash: number
}

export const EMPTY_PREFIX: Prefix = { before: undefined, token: -1, length: 0, hash: 17 }

export function extended(before: Prefix, token: number): Prefix {
  return { before, token, length: before.length + 1, hash: (Math.imul(before.hash, 31) + token + 1) | 0 }
}

/** Whether two prefixes have the same tokens. Those that share their beginning are compared up to it. */
export function samePrefix(a: Prefix, b: Prefix): boolean {
  if (a.hash !== b.hash || a.length !== b.length) return false
  let [one, other]: (Prefix | undefined)[] = [a, b]
  while (one !== other) {
    if (one?.token !== other?.token) return false
    one = one?.before
    other = other?.before
  }
  return true
}

/** How many tokens all of these begin with. */
export function commonLength(prefixes: readonly Prefix[]): number {
  return prefixes.length === 0 ? 0 : prefixes.reduce(commonBeginning).length
}

function commonBeginning(a: Prefix, b: Prefix): Prefix {
  let [one, other] = [a, b]
  while (one.length > other.length) one = one.before as Prefix
  while (other.length > one.length) other = other.before as Prefix
  while (!samePrefix(one, other)) {
    one = one.before as Prefix
    other = other.before as Prefix
  }
  return one
}
