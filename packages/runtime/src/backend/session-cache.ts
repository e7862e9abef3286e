import type { Session } from '../onnx/session.js'

interface Entry {
  session: Session
  bytes: number
}

/** What ONNX Runtime keeps for a compiled graph however small it is: about 0.3 MB when measured over 300 of them. */
const SESSION_BYTES = 300_000

/** An estimate of what a compiled graph takes: its model, what it computes at one time, and the session itself. */
export function graphBytes(model: Uint8Array, peak: number): number {
  return model.byteLength + peak + SESSION_BYTES
}

/** Compiled sessions, bounded by their estimated bytes; the least recently used go first. */
export class SessionCache {
  private readonly entries = new Map<string, Entry>()
  private total = 0

  constructor(private readonly limit: number) {}

  get count(): number {
    return this.entries.size
  }

  get bytes(): number {
    return this.total
  }

  get(key: string, compile: () => Entry): Session {
    let entry = this.entries.get(key)
    if (entry) {
      this.entries.delete(key)
    } else {
      entry = compile()
      this.total += entry.bytes
    }
    this.entries.set(key, entry)
    this.shrink(key)
    return entry.session
  }

  drop(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    entry.session.dispose()
    this.entries.delete(key)
    this.total -= entry.bytes
  }

  clear(): void {
    for (const { session } of this.entries.values()) session.dispose()
    this.entries.clear()
    this.total = 0
  }

  private shrink(keep: string): void {
    for (const key of this.entries.keys()) {
      if (this.total <= this.limit || key === keep) return
      this.drop(key)
    }
  }
}
