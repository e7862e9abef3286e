/** StarSpace as the paper states it, in float64 with numerical gradients: what the kernel is compared with. */
import type { TaskKind } from '../starspace/examples.js'
import type { ReferenceRandom, Rows } from './reference.js'

export interface ReferenceSpace {
  table: Rows
  similarity: 'cosine' | 'dot'
  loss: 'margin' | 'softmax'
  margin: number
  exponent: number
  rate: number
  /** Sums of mean squared gradients by row; none: plain steps. */
  accumulators?: number[]
}

/** A bag of rows. */
type Bag = readonly number[]

function vectorOf({ table, exponent }: ReferenceSpace, bag: Bag): number[] {
  return table[0]!.map((_, d) => bag.reduce((sum, row) => sum + table[row]![d]!, 0) / bag.length ** exponent)
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, d) => sum + value * b[d]!, 0)
const norm = (a: readonly number[]) => Math.sqrt(dot(a, a) + 1e-6)

/** The loss of a left-hand side with its candidates, the right one first. */
function lossOf(space: ReferenceSpace, query: Bag, candidates: readonly Bag[]): number {
  const a = vectorOf(space, query)
  const scores = candidates.map((candidate) => {
    const b = vectorOf(space, candidate)
    return space.similarity === 'cosine' ? dot(a, b) / (norm(a) * norm(b)) : dot(a, b)
  })
  const [right, ...wrong] = scores
  if (space.loss === 'softmax') return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - right!
  return wrong.reduce((sum, score) => sum + Math.max(0, space.margin - right! + score), 0) / wrong.length
}

/** One step down the loss's numerical gradient; gives the loss before. */
export function referenceStep(space: ReferenceSpace, query: Bag, candidates: readonly Bag[]): number {
  const { table, rate, accumulators } = space
  const h = 1e-6
  const rows = [...new Set([...query, ...candidates.flat()])]
  const gradients = rows.map((row) =>
    table[row]!.map((value, d) => {
      const at = (shifted: number) => {
        table[row]![d] = shifted
        return lossOf(space, query, candidates)
      }
      const slope = (at(value + h) - at(value - h)) / (2 * h)
      table[row]![d] = value
      return slope
    }),
  )
  const loss = lossOf(space, query, candidates)
  for (const [i, row] of rows.entries()) {
    const gradient = gradients[i]!
    if (accumulators) accumulators[row]! += dot(gradient, gradient) / gradient.length
    const step = accumulators ? rate / Math.sqrt(accumulators[row]! + 1e-6) : rate
    table[row] = table[row]!.map((value, d) => value - step * gradient[d]!)
  }
  return loss
}

export interface ReferenceExample {
  kind: TaskKind
  parts: readonly Bag[]
}

/** Both sides of example `index`, drawn as the kernel draws them. */
export function referenceChoice(
  examples: readonly ReferenceExample[],
  index: number,
  negatives: number,
  random: ReferenceRandom,
): { query: number[]; candidates: Bag[] } {
  const { kind, parts } = examples[index]!
  let positive: number
  let query: number[]
  if (kind === 'tags') {
    positive = 1 + random.below(parts.length - 1)
    query = [...parts[0]!]
  } else if (kind === 'pages') {
    positive = random.below(parts.length)
    query = parts.filter((_, p) => p !== positive).flat()
  } else {
    const left = random.below(parts.length)
    positive = random.below(parts.length - 1)
    if (positive >= left) positive++
    query = [...parts[left]!]
  }
  const own = kind === 'tags' ? parts.slice(1) : parts
  const candidates = [parts[positive]!]
  for (let k = 0; k < negatives; k++) {
    const other = examples[random.below(examples.length)]!
    const skipped = kind === 'tags' ? 1 : 0
    const part = other.parts[skipped + random.below(other.parts.length - skipped)]!
    const stands = kind === 'sentences' ? parts.includes(part) : own.some(([row]) => row === part[0])
    if (!stands) candidates.push(part)
  }
  return { query, candidates }
}
