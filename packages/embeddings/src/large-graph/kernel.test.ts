import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GraphMemory } from './graph-memory.js'
import { setInteger } from './kernel.js'
import { graphShape } from './shape.js'
import { compared, lossOf, operated } from './testing.js'
import { COMPARATORS, type LargeGraphTraining, largeGraphTrainingSchema, LOSSES, OPERATORS } from './training-config.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-kernel-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const DIM = 8
/** Entity 0 is on the left twice, entity 3 on the right twice. */
const EDGES = [[0, 3], [1, 4], [0, 5], [2, 3], [6, 0]] as const
const wave = (count: number, phase: number) => Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i + phase))

/** A memory with 7 entities and 2 relations of fixed values, and what the kernel sees of them. */
async function setUp(training: LargeGraphTraining) {
  const shape = graphShape({ entities: [{ name: 'entity', count: 7 }], relations: [{ name: 'a', left: 0, right: 0 }, { name: 'b', left: 0, right: 0 }] })
  const memory = await GraphMemory.open({ folder: join(folder, 'none'), shape, training })
  memory.takeBucket({ left: 0, right: 0 })
  const vectors = memory.arena.float32(memory.entityVectors(0, 0), 7 * DIM)
  vectors.set(wave(vectors.length, 0))
  const { operators, adagrad } = memory.parameters
  operators.set(wave(operators.length, 1).map((v) => v / 2))
  return { memory, vectors, operators, adagrad, size: operators.length / 2 }
}

/** The loss of the edges under relation 1, in float64. */
function lossAt(training: LargeGraphTraining, vectors: readonly number[], parameters: readonly number[]): number {
  const row = (e: number) => vectors.slice(e * DIM, (e + 1) * DIM)
  const right = (e: number) => operated(training, parameters, row(e))
  let sum = 0
  for (const [l, r] of EDGES) {
    const scores = (side: 0 | 1) => EDGES.filter((edge) => edge[side] !== (side === 0 ? l : r)).map((edge) => (side === 0 ? compared(training, row(edge[0]), right(r)) : compared(training, row(l), right(edge[1]))))
    const own = compared(training, row(l), right(r))
    sum += lossOf(training, own, scores(1)) + lossOf(training, own, scores(0))
  }
  return sum
}

function gradient(of: (x: readonly number[]) => number, at: readonly number[]): number[] {
  const STEP = 1e-6
  const moved = (i: number, by: number) => of(at.map((v, j) => (i === j ? v + by : v)))
  return at.map((_, i) => (moved(i, STEP) - moved(i, -STEP)) / (2 * STEP))
}

describe('the kernel of large graphs', () => {
  const settings = [
    ...OPERATORS.map((operator) => ({ operator, comparator: 'dot', loss: 'softmax' }) as const),
    ...COMPARATORS.flatMap((comparator) => LOSSES.map((loss) => ({ operator: 'complex-diagonal', comparator, loss }) as const)),
  ]
  it.each(settings)('moves $operator, $comparator, $loss down numerical gradients', async (setting) => {
    // A rate so low that entities which are there twice are moved twice by gradients of the same place.
    const training = largeGraphTrainingSchema.parse({ ...setting, dim: DIM, batch: 8, uniform: 0, margin: 0.9, learningRate: 1e-3, operatorRate: 1e-3 })
    const { memory, vectors, operators, adagrad, size } = await setUp(training)
    const before = { vectors: [...vectors], parameters: [...operators.subarray(size)] }
    const wanted = lossAt(training, before.vectors, before.parameters)
    const { arena, kernel, settings: at } = memory
    setInteger(arena, at, 'edges', arena.put(Int32Array.from(EDGES.flat())))
    setInteger(arena, at, 'chunks', arena.put(Int32Array.of(1, 0, EDGES.length)))
    setInteger(arena, at, 'chunkCount', 1)
    kernel.start(at, arena.take(memory.scratchBytes), 1n)
    kernel.train()
    expect(kernel.edgesOfThread()).toBe(EDGES.length)
    expect(Math.abs(kernel.lossOfThread() - wanted)).toBeLessThan(2e-5 * Math.max(1, wanted))

    // Adagrad's first step of a parameter is rate · g / |g|, so the sums of squares are what tells gradients apart.
    const ofParameters = gradient((x) => lossAt(training, before.vectors, x), before.parameters)
    if (setting.operator !== 'identity') {
      for (const [i, g] of ofParameters.entries()) {
        expect(Math.abs(Math.sqrt(adagrad[size + i]!) - Math.abs(g))).toBeLessThan(2e-4)
        if (Math.abs(g) > 1e-3) expect(operators[size + i]! - before.parameters[i]!).toBeCloseTo(-1e-3 * Math.sign(g), 6)
      }
    }
    expect([...operators.subarray(0, size)]).toEqual([...Float32Array.from(wave(2 * size, 1).map((v) => v / 2)).subarray(0, size)])
    // Entities that are there once: row-wise Adagrad makes a step of rate · g / √(mean g²).
    const ofVectors = gradient((x) => lossAt(training, x, before.parameters), before.vectors)
    for (const entity of [1, 2, 4, 5, 6]) {
      const g = ofVectors.slice(entity * DIM, (entity + 1) * DIM)
      const size = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0) / DIM)
      for (const [n, v] of g.entries()) {
        const step = vectors[entity * DIM + n]! - before.vectors[entity * DIM + n]!
        expect(Math.abs(step + (size > 1e-6 ? (1e-3 * v) / size : 0))).toBeLessThan(3e-6)
      }
    }
  })

  it('scores as the definitions say, from both sides', async () => {
    for (const operator of OPERATORS) {
      for (const comparator of COMPARATORS) {
        const training = largeGraphTrainingSchema.parse({ operator, comparator, dim: DIM })
        const { memory, vectors, operators, size } = await setUp(training)
        const { arena, kernel } = memory
        const [to, work] = [arena.take(4 * 2 * 8), arena.take(4 * 1024)]
        const row = (e: number) => [...vectors.subarray(e * DIM, (e + 1) * DIM)]
        const parameters = operators.subarray(size)
        for (const side of [0, 1]) {
          kernel.score(1, side, vectors.byteOffset, 2, vectors.byteOffset + 8 * DIM, 5, to, work)
          const scores = arena.float32(to, 16)
          for (let q = 0; q < 2; q++) {
            for (let c = 0; c < 5; c++) {
              const [left, right] = side === 0 ? [row(q), row(2 + c)] : [row(2 + c), row(q)]
              expect(Math.abs(scores[8 * q + c]! - compared(training, left, operated(training, parameters, right)))).toBeLessThan(1e-5)
            }
          }
        }
      }
    }
  })

  it.each([
    ['both partitions of its type', { left: 0, right: 1 }, 0, [8, 8]],
    ['the partition that there is', { left: 0, right: 0 }, 0, [16, 0]],
    ['its own type alone', { left: 0, right: 1 }, 1, [16, 0]],
  ] as const)('compares an entity with some drawn from %s', async (_, bucket, rightType, [own, others]) => {
    const shape = graphShape({
      entities: [{ name: 'a', count: 3000, partitions: 2 }, { name: 'b', count: 3000, partitions: 2 }],
      relations: [{ name: 'r', left: 0, right: rightType }],
    })
    const training = largeGraphTrainingSchema.parse({ dim: DIM, operator: 'identity', batch: 1, uniform: 16 })
    const memory = await GraphMemory.open({ folder: join(folder, 'none'), shape, training })
    memory.takeBucket(bucket)
    const { arena, kernel, settings: at } = memory
    // All entities of a partition are alike, so that it does not matter which of them are drawn.
    const [left, right] = [0.5, bucket.left === bucket.right ? 0.5 : 0.25]
    arena.float32(memory.entityVectors(0, bucket.left), 1500 * DIM).fill(left)
    arena.float32(memory.entityVectors(rightType, bucket.right), 1500 * DIM).fill(right)
    setInteger(arena, at, 'edges', arena.put(Int32Array.of(7, 11)))
    setInteger(arena, at, 'chunks', arena.put(Int32Array.of(0, 0, 1)))
    setInteger(arena, at, 'chunkCount', 1)
    kernel.start(at, arena.take(memory.scratchBytes), 1n)
    kernel.train()
    const loss = (value: number) => Math.log(1 + own + others * Math.exp(DIM * (value * value - left * right)))
    expect(kernel.lossOfThread()).toBeCloseTo(loss(left) + loss(right), 4)
  })
})
