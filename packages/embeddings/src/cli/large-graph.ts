import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LinkPrediction } from '@parlance/metrics'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import type { Command } from 'commander'
import { z } from 'zod'
import { type EdgeFiles, openEdges } from '../large-graph/edge-files.js'
import { growLargeGraph } from '../large-graph/grow.js'
import { importEdges } from '../large-graph/import-edges.js'
import { LargeGraphModel } from '../large-graph/model.js'
import { type LargeGraphEpoch, trainLargeGraph } from '../large-graph/train.js'
import { largeGraphTrainingSchema } from '../large-graph/training-config.js'
import { writeVectors } from '../vectors/files.js'
import { type Io, NAME } from './io.js'
import { wholeNumber } from './numbers.js'
import { TrainingBar } from './progress.js'
import { addSchemaOptions, settingsOf } from './schema-options.js'

const typesSchema = z.object({
  entities: z.record(z.string(), z.object({ partitions: z.int().min(1).optional(), features: z.string().optional() })),
  relations: z.record(z.string(), z.tuple([z.string(), z.string()])),
})

interface TrainFlags {
  readonly edges: readonly string[]
  readonly output: string
  readonly partitions: number
  readonly types?: string
  readonly config?: string
  readonly resume?: true
  readonly threads?: number
  readonly json?: true
}

interface EvaluateFlags {
  readonly model: string
  readonly edges: string
  readonly filter: readonly string[]
  readonly json?: true
}

interface GrowFlags {
  readonly model: string
  readonly edges: readonly string[]
  readonly output: string
  readonly epochs?: number
  readonly threads?: number
  readonly json?: true
}

interface VectorsFlags {
  readonly model: string
  readonly type?: string
  readonly output: string
}

const several = (value: string, before: string[]) => [...before, value]

/** `parlance-embed large-graph train | evaluate | add | vectors`. */
export function addLargeGraph(root: Command, io: Io): void {
  const graph = root.command('large-graph').description('Learn vectors of graphs that need not fit into memory, after PyTorch-BigGraph.')
  const train = graph
    .command('train')
    .description('Learn vectors: a line is left entity, relation and right entity, with tabs between; gzip is unpacked.')
    .option('--edges <file>', 'edges to learn from; may be repeated', several, [])
    .option('-o, --output <dir>', 'where the model goes, and in edges/ there the edges', 'large-graph')
    .option('--partitions <n>', 'into which the entities are divided; two are in memory at a time', wholeNumber(1), 1)
    .option('--types <file>', 'JSON: entity types with partitions and files of features, and the types of relations')
    .option('--config <file>', 'settings as JSON, the names as in the config.json that a run writes; flags go before')
    .option('--resume', 'go on after the last finished epoch in the folder')
    .option('--threads <n>', 'default: the processors that there are; 1 repeats exactly', wholeNumber(1))
    .option('--json', 'write a summary as an object')
  addSchemaOptions(train, largeGraphTrainingSchema)
  train
    .addHelpText('after', `\nExamples:\n  ${NAME} large-graph train --edges links.tsv.gz -o links --partitions 8 --dim 32\n  ${NAME} large-graph train --edges likes.tsv --types types.json -o likes --operator diagonal\n\ntypes.json: {"entities": {"user": {"partitions": 8}, "page": {"features": "words.tsv"}}, "relations": {"likes": ["user", "page"]}}`)
    .action((flags: TrainFlags, command: Command) => trainCommand(flags, command, io))
  graph
    .command('evaluate')
    .description('Rank the entities of edges among all of their type.')
    .requiredOption('-m, --model <dir>', 'what train wrote')
    .requiredOption('--edges <file>', 'edges to rank')
    .option('--filter <file>', 'known edges, left out of the ranks of others together with the ranked ones; may be repeated (default: raw ranks)', several, [])
    .option('--json', 'write an object')
    .action((flags: EvaluateFlags) => evaluateCommand(flags, io))
  graph
    .command('add')
    .description('Learn vectors of new entities from edges with known ones, which stay as they are.')
    .requiredOption('-m, --model <dir>', 'what train wrote; it stays as it is')
    .option('--edges <file>', 'edges of new entities; may be repeated', several, [])
    .requiredOption('-o, --output <dir>', 'where the grown model goes')
    .option('--epochs <n>', 'passes over those edges (default: those of the model)', wholeNumber(1))
    .option('--threads <n>', 'default: the processors that there are', wholeNumber(1))
    .option('--json', 'write a summary as an object')
    .action((flags: GrowFlags, command: Command) => growCommand(flags, command, io))
  graph
    .command('vectors')
    .description('Write the vectors of the entities to a file that nearest and others read.')
    .requiredOption('-m, --model <dir>', 'what train wrote')
    .option('--type <name>', 'of the entities, where there are several')
    .option('-o, --output <file>', '.vec, .bin or .safetensors', 'vectors.vec')
    .action((flags: VectorsFlags) => vectorsCommand(flags, io))
}

/** Runs a training that Ctrl-C ends early, with a bar on a terminal. */
async function interruptible(io: Io, run: (options: { signal: AbortSignal; onProgress?: (progress: Parameters<TrainingBar['train']>[0]) => void }) => Promise<void>): Promise<void> {
  const bar = io.stderr.isTTY ? new TrainingBar(io.stderr, 'edges') : undefined
  const abort = new AbortController()
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(130)
    io.stderr.write('\nStopping; what was learnt is written. Once more to stop at once.\n')
    abort.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    await run({ signal: abort.signal, ...(bar && { onProgress: (progress) => bar.train(progress) }) })
  } finally {
    bar?.stop()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function edgesOf({ edges, output, partitions, types, resume }: TrainFlags, command: Command): Promise<EdgeFiles> {
  const folder = join(output, 'edges')
  if (resume && existsSync(folder)) return openEdges(folder)
  if (edges.length === 0) command.error("error: name edges by '--edges'")
  if (types === undefined) return importEdges(edges, { folder, partitions })
  return importEdges(edges, { folder, types: parseConfig(typesSchema, readJson(types), types) as Parameters<typeof importEdges>[1]['types'] & object })
}

async function trainCommand(flags: TrainFlags, command: Command, io: Io): Promise<void> {
  const { config, output, resume = false, threads, json } = flags
  const saved = join(output, 'config.json')
  const before = resume && existsSync(saved) ? (readJson(saved) as { training?: object }).training : {}
  const file = config === undefined ? {} : (readJson(config) as object)
  const training = parseConfig(largeGraphTrainingSchema, { ...before, ...file, ...settingsOf(largeGraphTrainingSchema, flags) }, 'the command line')
  const edges = await edgesOf(flags, command)
  await interruptible(io, async (options) => {
    const epochs = await trainLargeGraph({ edges, folder: output, training, resume, ...(threads !== undefined && { threads }), ...options })
    report(io, output, epochs, { json, interrupted: options.signal.aborted, edges: edges.edges })
  })
}

function report(io: Io, output: string, epochs: readonly LargeGraphEpoch[], { json, ...more }: { json?: true | undefined; interrupted: boolean; edges?: number; added?: number }): void {
  const last = epochs.at(-1)
  const summary = { output, epochs: epochs.length, loss: last ? Number(last.loss.toFixed(5)) : null, seconds: Number((last?.seconds ?? 0).toFixed(2)), ...more }
  const early = more.interrupted ? ', ended early' : ''
  io.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${output}: ${summary.epochs} epochs, mean loss of the last ${summary.loss}${early}, ${summary.seconds} s\n`)
}

async function evaluateCommand({ model: folder, edges, filter, json }: EvaluateFlags, io: Io): Promise<void> {
  const model = LargeGraphModel.open(folder)
  const ranked = await model.readEdges(edges)
  const known = await Promise.all(filter.map((file) => model.readEdges(file)))
  const figures: LinkPrediction = await model.evaluate(ranked, known.length > 0 ? [ranked, ...known] : [])
  const signature = `${known.length > 0 ? 'filtered' : 'raw'}|ties:realistic|candidates:all entities of the type|both sides`
  const { mrr, hits, meanRank, adjustedMeanRank, interval, queries } = figures
  io.stdout.write(
    json
      ? `${JSON.stringify({ mrr, hits, meanRank, adjustedMeanRank, interval, queries, signature })}\n`
      : `MRR ${mrr.toFixed(4)} (95% interval ${interval.low.toFixed(4)} – ${interval.high.toFixed(4)}), ${Object.entries(hits).map(([k, share]) => `Hits@${k} ${share.toFixed(4)}`).join(', ')}, mean rank ${meanRank.toFixed(1)} (adjusted ${adjustedMeanRank.toFixed(4)}), ${queries} queries; ${signature}\n`,
  )
}

async function growCommand({ model, edges, output, epochs, threads, json }: GrowFlags, command: Command, io: Io): Promise<void> {
  if (edges.length === 0) command.error("error: name edges by '--edges'")
  await interruptible(io, async (options) => {
    const grown = await growLargeGraph({ model: LargeGraphModel.open(model), files: edges, folder: output, ...(epochs !== undefined && { epochs }), ...(threads !== undefined && { threads }), ...options })
    report(io, output, grown.epochs, { json, interrupted: options.signal.aborted, added: grown.added })
  })
}

async function vectorsCommand({ model, type, output }: VectorsFlags, io: Io): Promise<void> {
  const vectors = await LargeGraphModel.open(model).vectors(type)
  writeVectors(output, vectors)
  io.stdout.write(`${output}: ${vectors.size} entities of ${vectors.width} dimensions\n`)
}
