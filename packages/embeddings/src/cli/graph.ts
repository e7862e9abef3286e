import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LinkPrediction, RankingMetrics } from '@parlance/metrics'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import type { Command } from 'commander'
import { type GraphTrainingConfig, graphTrainingSchema } from '../graph/config.js'
import type { Dictionary } from '../graph/triples.js'
import { addGraphEvaluateOptions, addGraphTrainOptions, type DeviceFlags, type GraphEvaluateFlags, type GraphTrainFlags, trainingFields } from './graph-options.js'
import type { Io } from './io.js'

/** `parlance-embed graph train | evaluate`. What computes is loaded when a command runs. */
export function addGraph(root: Command, io: Io): void {
  const graph = root.command('graph').description('Learn vectors of knowledge graphs and measure them.')
  addGraphTrainOptions(graph.command('train')).action((flags: GraphTrainFlags) => trainCommand(flags, io))
  addGraphEvaluateOptions(graph.command('evaluate')).action((flags: GraphEvaluateFlags) => evaluateCommand(flags, io))
}

async function compute({ device, threads }: DeviceFlags) {
  const { useDevice } = await import('@parlance/runtime')
  await useDevice(device, threads === undefined ? {} : { threads })
  return import('../graph/index.js')
}

async function trainCommand(flags: GraphTrainFlags, io: Io): Promise<void> {
  const { train, valid, test, output, resume = false } = flags
  const training = readTraining(flags)
  const { evaluateGraph, loadGraphModel, readGraph, trainGraph } = await compute(flags)
  const graph = await readGraph({ train, ...(valid !== undefined && { valid }), ...(test !== undefined && { test }) })
  const result = await trainGraph({ folder: output, graph, training, resume, progress: io.stderr })
  let measured: object | undefined
  if (test !== undefined && result.reason !== 'interrupted') {
    const { model } = loadGraphModel(output)
    const figures = await evaluateGraph(model, graph.splits.test, { filter: Object.values(graph.splits) })
    model.dispose()
    measured = summary(figures, { filtered: true })
    if (!flags.json) io.stdout.write(lines(figures, { filtered: true }))
  }
  if (flags.json) io.stdout.write(`${JSON.stringify({ output, ...result, ...(measured && { test: measured }) })}\n`)
}

/** Defaults, then the resumed run's settings, then those of the config file, then the flags. */
function readTraining(flags: GraphTrainFlags): GraphTrainingConfig {
  const { config, output, resume } = flags
  const saved = join(output, 'config.json')
  const before = resume && existsSync(saved) ? (readJson(saved) as { training?: object }).training : {}
  const file = config === undefined ? {} : (readJson(config) as object)
  if (config !== undefined) parseConfig(graphTrainingSchema, file, config)
  const given = new Map(Object.entries(flags))
  const own = Object.fromEntries(trainingFields().flatMap(([name]) => (given.has(name) ? [[name, given.get(name) as unknown]] : [])))
  return parseConfig(graphTrainingSchema, { ...before, ...file, ...own }, 'the command line')
}

async function evaluateCommand(flags: GraphEvaluateFlags, io: Io): Promise<void> {
  const { evaluateGraph, loadGraphModel, readTriples } = await compute(flags)
  const { model, ...names } = loadGraphModel(flags.model)
  const triples = await readTriples(flags.triples, names, { fixed: true })
  const known = []
  for (const file of flags.filter) known.push(await readTriples(file, names, { fixed: true }))
  const filtered = known.length > 0
  const figures = await evaluateGraph(model, triples, { filter: filtered ? [triples, ...known] : [] })
  model.dispose()
  const options = { filtered, ...(flags.perRelation && { relations: names.relations }) }
  io.stdout.write(flags.json ? `${JSON.stringify(summary(figures, options))}\n` : lines(figures, options))
}

interface Shown {
  readonly filtered: boolean
  /** Names of relations, where each is to be shown. */
  readonly relations?: Dictionary
}

/** The conventions that figures are by. */
function signature(filtered: boolean): string {
  return `${filtered ? 'filtered' : 'raw'}|ties:realistic|candidates:all entities|both sides`
}

function summary({ relations, ...figures }: LinkPrediction, { filtered, relations: names }: Shown): object {
  const ofRelations = names && Object.fromEntries([...relations].map(([id, metrics]) => [names.names[id], metrics]))
  return { ...figures, ...(ofRelations && { relations: ofRelations }), signature: signature(filtered) }
}

function lines({ interval, heads, tails, relations, ...all }: LinkPrediction, { filtered, relations: names }: Shown): string {
  const line = (name: string, { queries, mrr, hits, meanRank, adjustedMeanRank }: RankingMetrics) =>
    `${name}: MRR ${mrr.toFixed(4)}, ${Object.entries(hits).map(([k, share]) => `Hits@${k} ${share.toFixed(4)}`).join(', ')}, ` +
    `mean rank ${meanRank.toFixed(1)} (adjusted ${adjustedMeanRank.toFixed(4)}), ${queries} queries\n`
  const ofRelations = names ? [...relations].map(([id, metrics]) => `  ${line(names.names[id]!, metrics)}`) : []
  return [
    line('all', all),
    `  95% interval of the MRR: ${interval.low.toFixed(4)} – ${interval.high.toFixed(4)}; ${signature(filtered)}\n`,
    line('heads', heads),
    line('tails', tails),
    ...ofRelations,
  ].join('')
}
