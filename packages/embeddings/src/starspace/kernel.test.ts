import { beforeAll, describe, expect, it } from 'vitest'
import { loadKernel } from '../kernels/load-kernel.js'
import { SharedArena } from '../memory/shared-arena.js'
import { Table } from '../memory/table.js'
import { ReferenceRandom, type Rows } from '../testing/reference.js'
import { referenceChoice, type ReferenceExample, type ReferenceSpace, referenceStep } from '../testing/starspace-reference.js'
import type { ArrangedExamples } from './dataset.js'
import type { TaskKind } from './examples.js'
import { instantiateStarSpace } from './kernel.js'
import { resolveStarSpace, type StarSpaceOptions } from './options.js'
import { prepareStarSpace } from './train.js'

const SEED = 5n
const ROWS = 40

let module: WebAssembly.Module
beforeAll(async () => {
  module = await loadKernel('starspace')
})

function arranged(examples: readonly ReferenceExample[], labels: readonly number[]): ArrangedExamples {
  const parts = [...examples.flatMap((example) => example.parts), ...labels.map((label) => [label])]
  const starts = (sizes: readonly number[]) => {
    const sums = [0]
    for (const size of sizes) sums.push(sums.at(-1)! + size)
    return sums
  }
  return {
    tasks: [{ kind: examples[0]!.kind, firstExample: 0, exampleCount: examples.length, labels }],
    exampleTasks: new Uint32Array(examples.length),
    exampleParts: Uint32Array.from(starts(examples.map((example) => example.parts.length))),
    partFeatures: Uint32Array.from(starts(parts.map((part) => part.length))),
    features: Uint32Array.from(parts.flat()),
    longest: Math.max(...examples.map((example) => example.parts.flat().length)),
  }
}

/** A kernel on a small table, and the same in the reference. */
function setUp(examples: readonly ReferenceExample[], labels: readonly number[], options: StarSpaceOptions) {
  const { config, training } = resolveStarSpace({ dimensions: 10, epochs: 1, threads: 1, learningRate: 0.1, ...options })
  const arena = new SharedArena()
  const table = new Table(arena, ROWS, config.dimensions)
  table.randomize(0, ROWS, 3)
  for (let i = 0; i < ROWS; i++) for (let d = 0; d < table.width; d++) table.row(i)[d]! *= 2 * table.width
  const rows = (): Rows => Array.from({ length: ROWS }, (_, i) => Array.from(table.row(i)))
  const space: ReferenceSpace = {
    table: rows(),
    similarity: config.similarity,
    loss: training.loss,
    margin: training.margin,
    exponent: config.exponent,
    rate: training.learningRate,
    ...(training.optimizer === 'adagrad' && { accumulators: Array.from({ length: ROWS }, () => 0) }),
  }
  const { address } = prepareStarSpace(arena, table, arranged(examples, labels), config, training)
  const kernel = instantiateStarSpace(module, arena.memory)
  kernel.start(address, arena.take(kernel.scratchBytes(address)), SEED)
  return { kernel, space, rows, training }
}

function difference(a: Rows, b: Rows): number {
  return Math.max(...a.flatMap((row, i) => row.map((value, d) => Math.abs(value - b[i]![d]!))))
}

const labels = [30, 31, 32, 33, 34]
/** Texts of 1 to 7 different words, a label each. */
const tagged = Array.from({ length: 12 }, (_, i): ReferenceExample => ({
  kind: 'tags',
  parts: [Array.from({ length: 1 + (i % 7) }, (_, j) => (7 * i + 3 * j) % 30), [labels[i % 5]!]],
}))

const both = <T>(values: readonly T[]) => values
const cases = both(['margin', 'softmax'] as const).flatMap((loss) =>
  both(['cosine', 'dot'] as const).flatMap((similarity) => both(['sgd', 'adagrad'] as const).map((optimizer) => ({ loss, similarity, optimizer }))),
)

describe('a step with all labels', () => {
  it.each(cases)('goes down the numerical gradient: %j', (options) => {
    const { kernel, space, rows } = setUp(tagged, labels, { ...options, margin: 1.5, exponent: 0.5 })
    const before = structuredClone(space.table)
    let loss = 0
    for (const { parts } of tagged) {
      const [query, answer] = parts
      const [label] = answer!
      loss += referenceStep(space, query!, [[label!], ...labels.filter((other) => other !== label).map((other) => [other])])
    }
    kernel.train(0, tagged.length)
    expect(kernel.examplesOfThread()).toBe(tagged.length)
    expect(kernel.lossOfThread()).toBeCloseTo(loss, 4)
    expect(difference(before, space.table)).toBeGreaterThan(0.01)
    // float32 and the differences' own error, against float64.
    expect(difference(rows(), space.table)).toBeLessThan(5e-5)
  })
})

const shapes: Record<TaskKind, (i: number) => ReferenceExample['parts']> = {
  tags: (i) => [[i, i + 1, i + 2], [20 + (i % 9)], [29 + (i % 4)]],
  pages: (i) => Array.from({ length: 3 + (i % 3) }, (_, j) => [(5 * i + 7 * j) % ROWS]),
  sentences: (i) => [[i, i + 3], [i + 9, i + 11, i + 12], [i + 20]],
}

describe('a step with drawn negatives', () => {
  it.each((['tags', 'pages', 'sentences'] as const).flatMap((kind) => (['margin', 'softmax'] as const).map((loss) => [kind, loss] as const)))(
    'of %s, %s loss, takes what the reference draws',
    (kind, loss) => {
      const examples = Array.from({ length: 15 }, (_, i): ReferenceExample => ({ kind, parts: shapes[kind](i) }))
      const { kernel, space, rows, training } = setUp(examples, [], { loss, similarity: 'dot', optimizer: 'sgd', negatives: 6, margin: 2 })
      const random = new ReferenceRandom(SEED)
      let sum = 0
      for (const i of examples.keys()) {
        const { query, candidates } = referenceChoice(examples, i, training.negatives, random)
        expect(candidates.length).toBeGreaterThan(1)
        sum += referenceStep(space, query, candidates)
      }
      kernel.train(0, examples.length)
      expect(kernel.lossOfThread()).toBeCloseTo(sum, 3)
      expect(difference(rows(), space.table)).toBeLessThan(2e-4)
    },
  )
})

describe('dropout', () => {
  it('leaves about its share of the left-hand side as it was', () => {
    const text = Array.from({ length: 30 }, (_, i) => i)
    const examples = [{ kind: 'tags' as const, parts: [text, [30]] }]
    const { kernel, space, rows } = setUp(examples, [30, 31], { loss: 'softmax', similarity: 'dot', dropout: 0.5 })
    kernel.train(0, 1)
    const moved = rows().slice(0, 30).filter((row, i) => difference([row], [space.table[i]!]) > 0).length
    // 30 coins: 4.4 standard deviations to either side.
    expect(moved).toBeGreaterThan(3)
    expect(moved).toBeLessThan(27)
  })
})
