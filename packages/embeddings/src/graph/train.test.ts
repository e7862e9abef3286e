import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { parseConfig, UsageError } from '@parlance/nn/command-line'
import { tf, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphBatches } from './batches.js'
import { graphTrainingSchema } from './config.js'
import { EntityRanking, evaluateGraph } from './evaluate.js'
import { loadGraphModel } from './model-folder.js'
import { createGraphModel } from './models/create.js'
import type { Hiding } from './models/model.js'
import { graphLoss } from './objective.js'
import { ringGraph } from './testing.js'
import { trainGraph } from './train.js'
import { readGraph } from './triples.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-train-'))
const progress = new PassThrough().resume()
beforeAll(() => useDevice('cpu', { threads: 1 }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = (fields: object) => parseConfig(graphTrainingSchema, { dim: 16, batch: 32, deviation: 0.1, evaluateEvery: 20, ...fields }, 'test')

describe('trainGraph', () => {
  const graph = ringGraph()
  const filter = Object.values(graph.splits)

  it.each([
    ['complex, k-vs-all', 0.9, { epochs: 60, penalty: 'n3', penaltyStrength: 0.01 }],
    ['rotate, 1-vs-all', 0.9, { model: 'rotate', trainingType: '1-vs-all', epochs: 60 }],
    // Translations that lead round a ring would add up to nothing: it cannot be learnt whole.
    ['transe, self-adversarial negatives', 0.6, { model: 'transe', norm: 1, reciprocal: false, trainingType: 'negative-sampling', negativeSampling: 'uniform', negatives: 16, loss: 'logistic', margin: 2, adversarial: 1, epochs: 60 }],
    ['rotate, squared', 0.9, { model: 'rotate', squared: true, epochs: 60 }],
    ['distmult, dropout', 0.5, { model: 'distmult', dropout: 0.2, relationDropout: 0.1, schedule: 'linear', epochs: 60 }],
    ['rescal, logistic k-vs-all', 0.9, { model: 'rescal', dim: 10, loss: 'logistic', epochs: 60 }],
  ])('learns to go round a ring: %s', async (name, bar, fields) => {
    const out = join(folder, name.replaceAll(' ', '-'))
    const before = tf.memory().numTensors
    const result = await trainGraph({ folder: out, graph, training: config(fields), progress })
    expect(tf.memory().numTensors).toBe(before)
    expect(result.best).not.toBeNull()
    const { model, entities } = loadGraphModel(out)
    expect(entities.names).toEqual(graph.entities.names)
    // By chance about 0.15.
    const { mrr } = await evaluateGraph(model, graph.splits.train, { filter })
    expect(mrr).toBeGreaterThan(bar)
    model.dispose()
  })

  it('goes on where it was stopped, to the same vectors', async () => {
    const training = (epochs: number) => config({ epochs, evaluateEvery: 2 })
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    await trainGraph({ folder: one, graph, training: training(6), progress })
    await trainGraph({ folder: two, graph, training: training(2), progress })
    const { step } = await trainGraph({ folder: two, graph, training: training(6), progress, resume: true })
    expect(step).toBeGreaterThan(0)
    const values = (out: string) => loadGraphModel(out).model.entities.dataSync()
    expect(values(two)).toEqual(values(one))
  })
})

describe('EntityRanking', () => {
  it('ranks as sorting all entities does, in any batch, filtered and raw', async () => {
    const graph = ringGraph(10, [1, 3])
    const model = createGraphModel(config({ model: 'transe', reciprocal: false }), { entities: 10, relations: 2 })
    const { train } = graph.splits
    for (const filter of [[], Object.values(graph.splits)]) {
      const ranking = new EntityRanking(model, { filter, batch: 7 })
      const { heads, tails } = await ranking.rank(train)
      const entities = model.entities.arraySync() as number[][]
      const relations = model.relations.arraySync() as number[][]
      const distance = (h: number, r: number, t: number) => Math.hypot(...entities[h]!.map((x, d) => x + relations[r]![d]! - entities[t]![d]!))
      const isKnown = (h: number, r: number, t: number) => filter.some((part) => part.heads.some((head, i) => head === h && part.relations[i] === r && part.tails[i] === t))
      for (let i = 0; i < train.heads.length; i++) {
        const [h, r, t] = [train.heads[i]!, train.relations[i]!, train.tails[i]!]
        const others = Array.from({ length: 10 }, (_, e) => e)
        const closerTails = others.filter((e) => e !== t && !isKnown(h, r, e) && distance(h, r, e) < distance(h, r, t))
        const closerHeads = others.filter((e) => e !== h && !isKnown(e, r, t) && distance(e, r, t) < distance(h, r, t))
        expect([tails.ranks[i], heads.ranks[i]]).toEqual([closerTails.length + 1, closerHeads.length + 1])
      }
      ranking.dispose()
    }
    model.dispose()
  })
})

describe('GraphBatches', () => {
  /** 0 has five answers, and 2 is one of three. */
  const star = { heads: Int32Array.of(0, 0, 0, 0, 0, 1, 3), relations: new Int32Array(7), tails: Int32Array.of(1, 2, 3, 4, 5, 2, 2) }
  const batchesOf = (answersPerRow: number) => new GraphBatches(star, { size: 4, answersPerRow, entityCount: 6, relationCount: 1, seed: 1 })

  /** Of an epoch: each query with an answer, and how many answers a row has at most. */
  function epoch(batches: GraphBatches): { seen: string[]; most: number } {
    const seen: string[] = []
    let most = 0
    for (let step = 1; step <= batches.stepsPerEpoch; step++) {
      const batch = batches.batch(step)
      const [entities, relations, rows, answers, placed] = [batch.entities, batch.relations, batch.rows, batch.answers, batch.placed].map((x) => x.dataSync())
      for (let i = 0; i < placed!.length; i++) if (placed![i] !== 0) seen.push([entities![rows![i]!], relations![rows![i]!], answers![i]].join())
      most = Math.max(most, ...batch.weights.dataSync())
      tf.dispose(batch)
    }
    return { seen, most }
  }

  it('asks each query of an epoch once, with all its answers, or in rows of so many', () => {
    const { seen, most } = epoch(batchesOf(Infinity))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(2 * star.heads.length)
    expect(most).toBe(5)
    const rows = epoch(batchesOf(2))
    expect(rows.most).toBe(2)
    expect([...rows.seen].sort()).toEqual([...seen].sort())
  })
})

describe('graphLoss with hidden components', () => {
  it('hides them from queries and from what these are compared with, not from penalties', () => {
    const { splits } = ringGraph()
    const batches = new GraphBatches(splits.train, { size: 8, answersPerRow: Infinity, entityCount: 24, relationCount: 3, seed: 1 })
    const batch = batches.batch(1)
    const model = createGraphModel(config({ deviation: 1 }), { entities: 24, relations: 3 })
    const lossOf = (penaltyStrength: number, hide?: Hiding): number => tf.tidy(() => graphLoss(model, batch, {
      against: 'all', loss: 'softmax', margin: 0, adversarial: 0, penalty: { kind: 'n3', strength: penaltyStrength },
    }, hide).sum.dataSync()[0]!)
    const none = { entities: (x: tf.Tensor) => tf.zerosLike(x), relations: (x: tf.Tensor) => x }
    // All scores are 0: each of the answers has a probability of 1/24.
    const answers = Array.from(batch.placed.dataSync()).reduce((sum, one) => sum + one, 0)
    expect(lossOf(0, none)).toBeCloseTo(answers * Math.log(24), 3)
    expect(lossOf(0, { ...none, entities: (x) => x, relations: (x) => tf.zerosLike(x) })).toBeCloseTo(answers * Math.log(24), 3)
    const penalty = lossOf(0.1) - lossOf(0)
    expect(penalty).toBeGreaterThan(1)
    expect(Math.abs(lossOf(0.1, none) - lossOf(0, none) - penalty)).toBeLessThan(1e-3 * penalty)
    tf.dispose(batch)
    model.dispose()
  })
})

describe('the training config', () => {
  it('refuses what does not go together', () => {
    expect(() => config({ dim: 15 })).toThrow(UsageError)
    expect(() => config({ dim: 15 })).toThrow('field "dim": must be even for complex, got 15')
    expect(() => config({ loss: 'margin' })).toThrow('margin goes with negative-sampling, not k-vs-all')
    expect(() => config({ model: 'transe', norm: 1 })).toThrow('1 is no product of matrices: train it by negative-sampling')
    expect(() => config({ model: 'transe', norm: 1, squared: true, trainingType: 'negative-sampling' })).toThrow('field "squared": goes with norm 2, not 1')
  })
})

const corpora = process.env.PARLANCE_CORPORA

describe.skipIf(corpora === undefined)('the small benchmark graphs (PARLANCE_CORPORA is not set)', () => {
  it.each([['umls', 0.9, 'logistic'], ['kinship', 0.8, 'softmax']] as const)('%s: filtered MRR of %f at least, in seconds', async (name, bar, loss) => {
    const at = (split: string) => join(corpora!, 'kg-small', name, `${split}.txt`)
    const graph = await readGraph({ train: at('train'), valid: at('valid'), test: at('test') })
    const out = join(folder, name)
    const training = config({ dim: 100, batch: 256, epochs: 30, evaluateEvery: 30, loss, deviation: 0.001, penalty: 'n3', penaltyStrength: 0.001 })
    await trainGraph({ folder: out, graph, training, progress })
    const { model } = loadGraphModel(out)
    const { mrr } = await evaluateGraph(model, graph.splits.test, { filter: Object.values(graph.splits) })
    expect(mrr).toBeGreaterThan(bar)
  }, 120_000)
})
