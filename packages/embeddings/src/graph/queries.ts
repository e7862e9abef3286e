import type { Triples } from './triples.js'

/**
 * Questions to a graph, each with all its answers: which t makes (h, r, t) true, and which h. With R relations, question
 * `relation` r < R asks for tails of the entity as head, r + R for heads of it as tail.
 */
export interface Queries {
  readonly entities: Int32Array
  readonly relations: Int32Array
  /** The answers of query q are `answers[offsets[q]] … answers[offsets[q + 1] − 1]`, each once. */
  readonly offsets: Int32Array
  readonly answers: Int32Array
}

/** The queries that triples answer, in the order of their first triples; those for tails and heads in turns. */
export function queriesOf(parts: readonly Triples[], relationCount: number): Queries {
  const found = new Map<number, Set<number>>()
  const add = (entity: number, relation: number, answer: number): void => {
    const key = entity * 2 * relationCount + relation
    const answers = found.get(key)
    if (answers) answers.add(answer)
    else found.set(key, new Set([answer]))
  }
  for (const { heads, relations, tails } of parts) {
    for (let i = 0; i < heads.length; i++) {
      add(heads[i]!, relations[i]!, tails[i]!)
      add(tails[i]!, relations[i]! + relationCount, heads[i]!)
    }
  }
  const offsets = new Int32Array(found.size + 1)
  const [entities, relations] = [new Int32Array(found.size), new Int32Array(found.size)]
  let [at, total] = [0, 0]
  for (const [key, { size }] of found) {
    entities[at] = Math.floor(key / (2 * relationCount))
    relations[at] = key % (2 * relationCount)
    total += size
    offsets[++at] = total
  }
  const answers = new Int32Array(total)
  let filled = 0
  for (const of of found.values()) for (const answer of of) answers[filled++] = answer
  return { entities, relations, offsets, answers }
}

/** Looks up all known answers to a query: what a filtered rank leaves out. */
export class KnownAnswers {
  private readonly places = new Map<number, number>()
  private readonly queries: Queries

  constructor(
    parts: readonly Triples[],
    private readonly relationCount: number,
  ) {
    this.queries = queriesOf(parts, relationCount)
    const { entities, relations } = this.queries
    for (let q = 0; q < entities.length; q++) this.places.set(entities[q]! * 2 * relationCount + relations[q]!, q)
  }

  /** @param relation r for tails, r + R for heads */
  of(entity: number, relation: number): Int32Array {
    const q = this.places.get(entity * 2 * this.relationCount + relation)
    return q === undefined ? NONE : this.queries.answers.subarray(this.queries.offsets[q], this.queries.offsets[q + 1])
  }
}

const NONE = new Int32Array()
