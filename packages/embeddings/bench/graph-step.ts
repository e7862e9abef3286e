/**
 * A training step of ComplEx against all entities (softmax, N3, Adagrad; Lacroix et al. 2018) beside the same in PyTorch,
 * written plainly. By default of the size of FB15k-237: 14,541 entities, 474 relations with the reciprocal ones, rank 100.
 *
 *     npm run bench -- embeddings/graph-step [--python PYTHON] [--threads N] [--batch 512] [--dim 200] [--entities 14541]
 *       [--rounds 5] [--steps 5] [--grouped]
 *
 * Queries are drawn at random; a triple is two. With `--grouped` they are those of FB15k-237 (the corpus kg-fb15k237), ours once
 * for 16 answers, as we train by default, PyTorch's once for each: the loss is the same. Both begin with the same values and see the same queries, in processes of
 * their own that take turns; printed are medians, without the first round. The losses must agree, or no time is printed. The
 * share of the raw rate counts the three products of queries and entities, over ONNX Runtime's own rate in 512³ products
 * measured between the rounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from '@parlance/corpora'
import { Adagrad, namedParameters, trainingStep } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { Peer } from '../../../test/bench/peer.js'
import { median, milliseconds, rawProductRate } from '../../../test/bench/timing.js'
import { EVEN_ROWS, type GraphBatch, GraphBatches } from '../src/graph/batches.js'
import { graphTrainingSchema } from '../src/graph/config.js'
import { createGraphModel } from '../src/graph/models/create.js'
import { graphLoss } from '../src/graph/objective.js'
import { readGraph } from '../src/graph/triples.js'

/** The most by which losses may differ, relative to the first. */
const TOLERANCE = 1e-4
const [LEARNING_RATE, PENALTY] = [0.1, 0.05]

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '512' },
    dim: { type: 'string', default: '200' },
    entities: { type: 'string', default: '14541' },
    relations: { type: 'string', default: '237' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '5' },
    grouped: { type: 'boolean', default: false },
  },
})
const [threads, batch, dim, entities, relations, rounds, steps] = [
  flags.threads, flags.batch, flags.dim, flags.entities, flags.relations, flags.rounds, flags.steps,
].map(Number) as [number, number, number, number, number, number, number]

await useDevice('cpu', { threads })
const training = graphTrainingSchema.parse({ model: 'complex', dim, trainingType: '1-vs-all', deviation: 0.1 })
const model = createGraphModel(training, { entities, relations })
const parameters = namedParameters(model)
const optimizer = new Adagrad(parameters)
const objective = { against: 'all', loss: 'softmax', margin: 0, adversarial: 0, penalty: { kind: 'n3', strength: PENALTY } } as const
const trainStep = jit(trainingStep({ parameters, optimizer, loss: (given: GraphBatch) => graphLoss(model, given, objective) }))

/** Entity, relation and answer of what PyTorch is asked in each step, and the batches that ours is. */
async function drawQueries(): Promise<{ asked: Int32Array[][]; batch: (step: number) => GraphBatch }> {
  const count = rounds * steps
  if (flags.grouped) {
    const { splits, ...names } = await readGraph({ train: (await prepare('kg-fb15k237'))['train.txt']! })
    if (names.entities.size > entities || names.relations.size > relations) throw new Error('FB15k-237 has more entities or relations than --entities and --relations say.')
    const batches = new GraphBatches(splits.train, { size: batch, answersPerRow: EVEN_ROWS, entityCount: entities, relationCount: relations, seed: 1 })
    const asked = Array.from({ length: count }, (_, i) => {
      const given = batches.batch(i + 1)
      const [e, r, rows, answers, placed] = [given.entities, given.relations, given.rows, given.answers, given.placed].map((tensor) => Int32Array.from(tensor.dataSync())) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]
      tf.dispose(given)
      const used = placed.reduce((a, b) => a + b, 0)
      const ofRows = (of: Int32Array) => rows.subarray(0, used).map((q) => of[q]!)
      return [ofRows(e), ofRows(r), answers.slice(0, used)]
    })
    return { asked, batch: (step) => batches.batch(step + 1) }
  }
  const random = new Random(1, 'queries')
  const draw = (bound: number) => Int32Array.from({ length: batch }, () => random.integer(bound))
  const asked = Array.from({ length: count }, () => [draw(entities), draw(2 * relations), draw(entities)])
  const single = (step: number): GraphBatch => {
    const [ids, relationIds, answers] = asked[step] as [Int32Array, Int32Array, Int32Array]
    return {
      entities: tf.tensor1d(ids, 'int32'),
      relations: tf.tensor1d(relationIds, 'int32'),
      rows: tf.range(0, batch, 1, 'int32'),
      answers: tf.tensor1d(answers, 'int32'),
      negatives: tf.tensor1d([], 'int32'),
      placed: tf.ones([batch]),
      weights: tf.ones([batch]),
    }
  }
  return { asked, batch: single }
}

const queries = await drawQueries()

function step(number: number): number {
  const given = queries.batch(number)
  const numbers = { learningRate: tf.scalar(LEARNING_RATE), step: tf.scalar(number + 1, 'int32') }
  const result = trainStep(given, numbers)
  const loss = result.sum.dataSync()[0]! / result.count.dataSync()[0]!
  tf.dispose([given, numbers, result.sum, result.count, result.gradientNorm])
  return loss
}

interface Answer {
  readonly times: number[]
  readonly losses: number[]
  readonly peakBytes: number
}

const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-step-'))
const peer = Peer.python(flags.python, 'graph.py')
try {
  const bytes = (array: Float32Array | Int32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
  const [values, asked] = [join(folder, 'values'), join(folder, 'queries')]
  writeFileSync(values, Buffer.concat([model.entities, model.relations].map((table) => bytes(table.dataSync() as Float32Array))))
  writeFileSync(asked, Buffer.concat(queries.asked.flat().map(bytes)))
  const setup = { threads, values, queries: asked, entities, relations: 2 * relations, dim, sizes: queries.asked.map(([e]) => e!.length), learningRate: LEARNING_RATE, penalty: PENALTY }
  const { version } = await peer.ask<{ version: string }>(setup)
  const rate = rawProductRate()
  rate()
  const ours: { times: number[]; losses: number[] } = { times: [], losses: [] }
  const theirs: { times: number[]; losses: number[] } = { times: [], losses: [] }
  const rates: number[] = []
  let peak = 0
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < steps; i++) ours.times.push(milliseconds(() => ours.losses.push(step(round * steps + i))))
    const { times, losses, peakBytes } = await peer.ask<Answer>({ steps })
    theirs.times.push(...times)
    theirs.losses.push(...losses)
    peak = peakBytes
    rates.push(rate())
  }
  const apart = Math.max(...ours.losses.map((loss, i) => Math.abs(loss - theirs.losses[i]!))) / ours.losses[0]!
  if (!(apart <= TOLERANCE)) throw new Error(`The losses differ by up to ${apart} of the first, so that the times do not compare.`)
  const [mine, other] = [ours, theirs].map(({ times }) => median(times.slice(rounds > 1 ? steps : 0))) as [number, number]
  const work = (6 * batch * entities * dim) / 1e6
  const raw = median(rates)
  const triples = median(queries.asked.map(([e]) => e!.length / 2))
  const edges = (milliseconds: number) => Math.round((1000 * triples) / milliseconds)
  console.log(`ComplEx against ${entities} entities, rank ${dim / 2}, ${batch} queries with ${Math.round(2 * triples)} answers, ${threads} threads; losses agree to ${apart.toExponential(1)} of the first`)
  console.log(`Parlance: ${mine.toFixed(1)} ms a step, ${edges(mine)} edges/s, ${((100 * work) / mine / raw).toFixed(0)}% of the raw rate (${raw.toFixed(0)} GFLOP/s)`)
  console.log(`PyTorch ${version}: ${other.toFixed(1)} ms a step, ${edges(other)} edges/s; peak of memory ${(peak / 2 ** 20).toFixed(0)} MiB`)
  console.log(`edges a second × ${(other / mine).toFixed(2)}`)
} finally {
  peer.end()
  rmSync(folder, { recursive: true, force: true })
}
