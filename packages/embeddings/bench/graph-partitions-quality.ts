/**
 * A knowledge graph trained whole and in partitions, with the same settings: ranks of the validation triples, filtered by
 * training and validation triples, by rounds with seeds of their own.
 *
 *     npm run bench -- embeddings/graph-partitions-quality [--corpus kg-fb15k237] [--partitions 4] [--epochs 20] [--dim 96]
 *       [--operator complex-diagonal] [--batch 8] [--uniform 512] [--learning-rate 0.1] [--operator-rate 0.1] [--rounds 1] [--threads N]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from '@parlance/corpora'
import { importEdges, LargeGraphModel, largeGraphTrainingSchema, trainLargeGraph } from '../src/index.js'

const { values: flags } = parseArgs({
  options: {
    corpus: { type: 'string', default: 'kg-fb15k237' },
    partitions: { type: 'string', default: '4' },
    epochs: { type: 'string', default: '20' },
    dim: { type: 'string', default: '96' },
    operator: { type: 'string', default: 'complex-diagonal' },
    batch: { type: 'string', default: '8' },
    uniform: { type: 'string', default: '512' },
    'learning-rate': { type: 'string', default: '0.1' },
    'operator-rate': { type: 'string', default: '0.1' },
    rounds: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})

const files = await prepare(flags.corpus)
const [train, valid] = ['train.txt', 'valid.txt'].map((name) => files[name]!) as [string, string]
const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-'))
try {
  for (let seed = 1; seed <= Number(flags.rounds); seed++) {
    for (const partitions of [1, Number(flags.partitions)]) {
      const edges = await importEdges([train], { folder: join(folder, 'edges'), partitions })
      const training = largeGraphTrainingSchema.parse({
        dim: Number(flags.dim), epochs: Number(flags.epochs), operator: flags.operator, batch: Number(flags.batch), uniform: Number(flags.uniform),
        learningRate: Number(flags['learning-rate']), operatorRate: Number(flags['operator-rate']), seed,
      })
      const epochs = await trainLargeGraph({ edges, folder: join(folder, 'model'), training, threads: Number(flags.threads) })
      const model = LargeGraphModel.open(join(folder, 'model'))
      const known = await model.readEdges(train)
      const asked = await model.readEdges(valid, { unknown: 'skip' })
      const { mrr, interval, hits } = await model.evaluate(asked, [known, asked])
      const { loss, seconds } = epochs.at(-1)!
      console.log(
        `seed ${seed}, ${partitions} partitions: MRR ${mrr.toFixed(4)} (${interval.low.toFixed(4)} – ${interval.high.toFixed(4)}), Hits@10 ${hits[10]!.toFixed(4)}, ` +
          `${asked.left.length} triples; loss ${loss.toFixed(4)}, ${Math.round((edges.edges * epochs.length) / seconds)} edges/s`,
      )
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
