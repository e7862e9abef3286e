import { Dictionary, type KnowledgeGraph, type Triples } from './triples.js'

/** Entities on a ring, and relations that go so many places on: what every model but a symmetric one can learn. */
export function ringGraph(size = 24, steps: readonly number[] = [1, 2, 5]): KnowledgeGraph {
  const triples = Array.from({ length: size }, (_, head) => steps.map((step, relation) => [head, relation, (head + step) % size] as const)).flat()
  // 11 has no divisor in common with the number of relations, so that each split has all of them.
  const part = (keep: (i: number) => boolean): Triples => {
    const kept = triples.filter((_, i) => keep(i % 11))
    const column = (c: 0 | 1 | 2) => Int32Array.from(kept, (triple) => triple[c])
    return { heads: column(0), relations: column(1), tails: column(2) }
  }
  return {
    entities: Dictionary.of(Array.from({ length: size }, (_, i) => `e${i}`)),
    relations: Dictionary.of(steps.map((step) => `plus${step}`)),
    splits: { train: part((i) => i < 9), valid: part((i) => i === 9), test: part((i) => i === 10) },
  }
}

/** sin(1.7 i + 0.3 i² + phase): values of a fixed pattern. */
export function wave(count: number, phase = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i + phase))
}
