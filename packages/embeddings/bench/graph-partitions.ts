/**
 * A generated graph that need not fit into memory: an epoch with its partitions on disk; edges a second, and the peak of
 * resident memory of the whole process.
 *
 *     npm run bench -- embeddings/graph-partitions --nodes 10000000 --edges 100000000 [--partitions 8] [--dim 32] [--threads N]
 *       [--epochs 1] [--operator translation] [--batch 64] [--uniform 64] [--folder DIR] [--queries 100]
 *
 * Nodes belong to communities of 100; four edges of five stay in one. Degrees are skewed: node n is an end in proportion to
 * 1 / √n. Ranks are raw, of held-out edges of the same kind among all nodes.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EdgeWriter, type GraphEdges, graphShape, LargeGraphModel, largeGraphTrainingSchema, trainLargeGraph } from '../src/index.js'

const { values: flags } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100000' },
    edges: { type: 'string', default: '1000000' },
    partitions: { type: 'string', default: '8' },
    dim: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
    epochs: { type: 'string', default: '1' },
    operator: { type: 'string', default: 'translation' },
    batch: { type: 'string', default: '64' },
    uniform: { type: 'string', default: '64' },
    queries: { type: 'string', default: '100' },
    /** Where edges and partitions go while it runs. */
    folder: { type: 'string', default: tmpdir() },
  },
})
const [nodes, edgeCount, partitions, queries] = [flags.nodes, flags.edges, flags.partitions, flags.queries].map(Number) as [number, number, number, number]

/** Numbers in [0, 1): xorshift32 (Marsaglia 2003), as Philox would take longer than all the rest. */
function uniformNumbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Calls `add` with the ends of each edge. */
function generate(count: number, seed: number, add: (left: number, right: number) => void): void {
  const random = uniformNumbers(seed)
  const communities = Math.ceil(nodes / 100)
  for (let i = 0; i < count; i++) {
    const left = Math.floor(nodes * random() ** 2)
    const inside = random() < 0.8
    const member = Math.floor(100 * random()) * communities + (left % communities)
    add(left, inside && member < nodes ? member : Math.floor(nodes * random() ** 2))
  }
}

/** The high-water mark of resident memory in MB. */
function peakMegabytes(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}

const folder = mkdtempSync(join(flags.folder, 'parlance-graph-'))
try {
  const shape = graphShape({ entities: [{ name: 'node', count: nodes, partitions }], relations: [{ name: 'edge', left: 0, right: 0 }] })
  const generated = performance.now()
  const writer = new EdgeWriter(join(folder, 'edges'), shape)
  generate(edgeCount, 1, (left, right) => writer.add(0, left, right))
  const edges = writer.close()
  console.log(`${edgeCount} edges of ${nodes} nodes in ${edges.buckets.length} buckets, ${((performance.now() - generated) / 1000).toFixed(1)} s, peak of memory ${peakMegabytes().toFixed(0)} MB`)
  const training = largeGraphTrainingSchema.parse({
    dim: Number(flags.dim), epochs: Number(flags.epochs), operator: flags.operator, batch: Number(flags.batch), uniform: Number(flags.uniform),
  })
  const modelFolder = join(folder, 'model')
  let before = 0
  let shown = performance.now()
  const epochs = await trainLargeGraph({
    edges,
    folder: modelFolder,
    training,
    threads: Number(flags.threads),
    onProgress: ({ done, total, seconds }) => {
      if (!process.stderr.isTTY || performance.now() - shown < 1000) return
      shown = performance.now()
      process.stderr.write(`\r${((100 * done) / total).toFixed(1)}% after ${seconds.toFixed(0)} s `)
    },
  })
  for (const { epoch, loss, edges: done, seconds } of epochs) {
    console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, ${(seconds - before).toFixed(1)} s, ${Math.round(done / (seconds - before))} edges/s, peak of memory ${peakMegabytes().toFixed(0)} MB`)
    before = seconds
  }
  const bytes = Array.from({ length: partitions }, (_, i) => statSync(join(modelFolder, `node-${i}.safetensors`)).size).reduce((a, b) => a + b)
  console.log(`${partitions} partitions of ${(bytes / partitions / 1e6).toFixed(1)} MB on disk, ${(bytes / 1e6).toFixed(0)} MB together`)
  const [left, right]: [number[], number[]] = [[], []]
  generate(queries, 2, (from, to) => {
    left.push(from)
    right.push(to)
  })
  const heldOut: GraphEdges = { relations: new Int32Array(queries), left: Int32Array.from(left), right: Int32Array.from(right) }
  const { mrr, hits, adjustedMeanRank } = await LargeGraphModel.open(modelFolder).evaluate(heldOut)
  console.log(`held-out edges: MRR ${mrr.toFixed(4)}, Hits@10 ${hits[10]!.toFixed(3)}, adjusted mean rank ${adjustedMeanRank.toFixed(4)} (1 by chance); peak of memory ${peakMegabytes().toFixed(0)} MB`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
