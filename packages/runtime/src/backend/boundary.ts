import type { Value } from '../graph/graph.js'

/** Nodes that a place in a program is recognised by. */
const WINDOW = 16
/** Places that are remembered. */
const PLACES = 256
const BASE = 0x01000193
/** BASE to the power of WINDOW: the factor of what leaves the window. */
const LEAVING = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, BASE), 1)

/**
 * Where to cut the endless graph of an eager loop. Cut at every n-th node, the pieces of a loop of another length would
 * never be the same twice, and so never be compiled. Therefore a cut that a full graph forces is remembered by the last
 * nodes before it, and wherever the program comes by there again it is cut again.
 */
export class Boundary {
  private readonly window = new Int32Array(WINDOW)
  private position = 0
  private hash = 0
  private readonly places = new Set<number>()

  /** Takes note of what was recorded, and tells whether a remembered place has been reached. */
  passes(value: Value): boolean {
    const signature = signatureOf(value)
    const oldest = this.window[this.position] as number
    this.hash = (Math.imul(this.hash, BASE) + signature - Math.imul(oldest, LEAVING)) | 0
    this.window[this.position] = signature
    this.position = (this.position + 1) % WINDOW
    return this.places.has(this.hash)
  }

  /** Remembers the place where the program is. */
  remember(): void {
    if (this.places.size >= PLACES) this.places.clear()
    this.places.add(this.hash)
  }
}

function signatureOf({ node, shape }: Value): number {
  const op = node?.op ?? ''
  let hash = op.length
  for (let i = 0; i < op.length; i++) hash = Math.imul(hash ^ op.charCodeAt(i), BASE)
  for (const length of shape) hash = Math.imul(hash ^ length, BASE)
  return hash ^ (hash >>> 15)
}
