import { type LinkRanks, realisticRank } from '@parlance/metrics'
import { EmbeddingError } from '../errors.js'
import type { GraphMemory } from './graph-memory.js'
import { entitiesIn, entitiesOf, type GraphShape, placeOf, tablesOf } from './shape.js'

/** Edges by ids: relations, and entities of the relations' types. The arrays are of one length. */
export interface GraphEdges {
  readonly relations: Int32Array
  readonly left: Int32Array
  readonly right: Int32Array
}

const QUERIES = 64
const CANDIDATES = 2048

const SIDES = ['left', 'right'] as const
type Side = (typeof SIDES)[number]
const other = (side: Side): Side => (side === 'left' ? 'right' : 'left')

/** What one side of the edges of a relation is asked for. */
interface Question {
  readonly relation: number
  /** Of what is asked for. */
  readonly side: Side
  /** Positions of edges, `QUERIES` at most. */
  readonly edges: readonly number[]
}

/**
 * The rank of each edge's left and right entity among all of its type, ties in the middle; entities that make a known edge
 * are left out. Tables are gone through one at a time.
 *
 * @param known edges for filtered ranks; none: raw ones
 * @throws EmbeddingError for a score that is not a number
 */
export function rankEdges(memory: GraphMemory, shape: GraphShape, dim: number, edges: GraphEdges, known: readonly GraphEdges[]): LinkRanks {
  const { arena, kernel } = memory
  const size = edges.relations.length
  const rows = { left: arena.take(4 * size * dim), right: arena.take(4 * size * dim) }
  const stride = Math.max(CANDIDATES, QUERIES)
  const queries = arena.take(4 * QUERIES * dim)
  const answers = arena.take(4 * QUERIES * dim)
  const work = arena.take(4 * ((QUERIES + 2 * stride) * dim + QUERIES + stride + 16))
  const scores = arena.take(4 * QUERIES * stride)
  const view = arena.float32(scores, QUERIES * stride)
  const counts = Object.fromEntries(SIDES.map((side) => [side, { better: new Float64Array(size), ties: new Float64Array(size), excluded: new Float64Array(size) }])) as Record<Side, Counts>
  const filters = { left: new Known(known, 'left'), right: new Known(known, 'right') }

  for (const [type, entityType] of shape.entities.entries()) {
    for (let table = 0; table < tablesOf(entityType); table++) {
      const wanted = SIDES.filter((side) => shape.relations.some((relation) => relation[side] === type))
      if (wanted.length === 0) continue
      const vectors = memory.entityVectors(type, table)
      for (const side of wanted) {
        for (let i = 0; i < size; i++) {
          if (shape.relations[edges.relations[i]!]![side] !== type) continue
          const place = placeOf(entityType, edges[side][i]!)
          if (place.table === table) arena.float32(rows[side] + 4 * i * dim, dim).set(arena.float32(vectors + 4 * place.row * dim, dim))
        }
      }
    }
  }

  /** Puts rows of edges beside each other. */
  const gather = (to: number, from: number, positions: readonly number[]) => {
    for (const [q, i] of positions.entries()) arena.float32(to + 4 * q * dim, dim).set(arena.float32(from + 4 * i * dim, dim))
  }
  const asked = questions(edges)
  const targets = asked.map(({ relation, side, edges: positions }) => {
    gather(queries, rows[other(side)], positions)
    gather(answers, rows[side], positions)
    kernel.score(relation, side === 'right' ? 0 : 1, queries, positions.length, answers, positions.length, scores, work)
    const padded = Math.ceil(positions.length / 8) * 8
    return positions.map((_, q) => view[q * padded + q]!)
  })

  for (const [type, entityType] of shape.entities.entries()) {
    for (let table = 0; table < tablesOf(entityType); table++) {
      const own = asked.map((question, i) => ({ ...question, targets: targets[i]! })).filter(({ relation, side }) => shape.relations[relation]![side] === type)
      if (own.length === 0) continue
      const vectors = memory.entityVectors(type, table)
      const entities = entitiesIn(entityType, table)
      for (const { relation, side, edges: positions, targets: wanted } of own) {
        gather(queries, rows[other(side)], positions)
        const count = counts[side]
        for (let first = 0; first < entities; first += CANDIDATES) {
          const block = Math.min(CANDIDATES, entities - first)
          const padded = Math.ceil(block / 8) * 8
          kernel.score(relation, side === 'right' ? 0 : 1, queries, positions.length, vectors + 4 * first * dim, block, scores, work)
          for (const [q, i] of positions.entries()) {
            const { better, ties } = compared(view.subarray(q * padded, q * padded + block), wanted[q]!)
            count.better[i]! += better
            count.ties[i]! += ties
          }
          for (const [q, i] of positions.entries()) {
            for (const entity of filters[side].of(edges, i)) {
              const place = placeOf(entityType, entity)
              if (place.table !== table || place.row < first || place.row >= first + block || entity === edges[side][i]) continue
              const score = view[q * padded + place.row - first]!
              count.excluded[i]!++
              if (score > wanted[q]!) count.better[i]!--
              else if (score === wanted[q]!) count.ties[i]!--
            }
          }
        }
      }
    }
  }
  const ranksOf = (side: Side) => {
    const { better, ties, excluded } = counts[side]
    const candidates = Int32Array.from(excluded, (leftOut, i) => entitiesOf(shape.entities[shape.relations[edges.relations[i]!]![side]]!) - leftOut)
    return { ranks: better.map((above, i) => realisticRank({ better: above, ties: ties[i]! - 1, candidates: candidates[i]! })), candidates }
  }
  return { heads: ranksOf('left'), tails: ranksOf('right'), relations: edges.relations }
}

interface Counts {
  readonly better: Float64Array
  /** The answer itself among them. */
  readonly ties: Float64Array
  readonly excluded: Float64Array
}

function compared(scores: Float32Array, target: number): { better: number; ties: number } {
  let [better, ties, worse] = [0, 0, 0]
  for (let c = 0; c < scores.length; c++) {
    const score = scores[c]!
    if (score < target) worse++
    else if (score > target) better++
    else if (score === target) ties++
  }
  if (better + ties + worse !== scores.length) throw new EmbeddingError('A score is not a number (NaN): nothing can be ranked.')
  return { better, ties }
}

/** Both questions of each edge, in batches of a relation. */
function questions({ relations }: GraphEdges): Question[] {
  const byRelation = new Map<number, number[]>()
  for (const [i, relation] of relations.entries()) {
    const positions = byRelation.get(relation)
    if (positions) positions.push(i)
    else byRelation.set(relation, [i])
  }
  return [...byRelation].flatMap(([relation, positions]) =>
    SIDES.flatMap((side) =>
      Array.from({ length: Math.ceil(positions.length / QUERIES) }, (_, batch) => ({ relation, side, edges: positions.slice(batch * QUERIES, (batch + 1) * QUERIES) })),
    ),
  )
}

/** Which entities make known edges. */
class Known {
  private readonly answers = new Map<string, Set<number>>()

  constructor(
    parts: readonly GraphEdges[],
    private readonly side: Side,
  ) {
    for (const part of parts) {
      for (let i = 0; i < part.relations.length; i++) {
        const key = this.key(part, i)
        const answers = this.answers.get(key)
        if (answers) answers.add(part[side][i]!)
        else this.answers.set(key, new Set([part[side][i]!]))
      }
    }
  }

  of(edges: GraphEdges, i: number): Iterable<number> {
    return this.answers.get(this.key(edges, i)) ?? []
  }

  private key(edges: GraphEdges, i: number): string {
    return `${edges.relations[i]} ${edges[other(this.side)][i]}`
  }
}
