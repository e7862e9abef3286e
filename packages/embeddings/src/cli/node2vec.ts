import { type Command, Option } from 'commander'
import { vectorFormatOf, writeVectors } from '../vectors/files.js'
import { readEdgeList } from '../walks/edge-list.js'
import { node2vec, type Node2VecOptions } from '../walks/node2vec.js'

import { type Io, NAME } from './io.js'
import { positiveNumber, wholeNumber } from './numbers.js'

interface Node2VecFlags extends Node2VecOptions {
  readonly edges: string
  readonly output: string
  readonly directed?: boolean
  readonly weighted?: boolean
  readonly dim?: number

  readonly hs?: true
  readonly json?: true
}

/** `parlance-embed node2vec`. */
export function addNode2Vec(root: Command, io: Io): void {
  root
    .command('node2vec')
    .description('Learn vectors of the nodes of a graph from random walks: DeepWalk, and node2vec where p or q is not 1.')
    .requiredOption('--edges <file>', 'two nodes a line, separated by spaces or tabs; gzip is unpacked')
    .option('-o, --output <file>', 'where to write the vectors; .bin, .safetensors or text by the name', 'vectors.vec')
    .option('--directed', 'edges lead one way only')
    .option('--weighted', 'a third column holds weights')
    .option('-p <x>', 'how unlikely a walk is to go straight back', positiveNumber, 1)
    .option('-q <x>', 'how unlikely it is to leave the neighbourhood of where it came from', positiveNumber, 1)
    .option('--walks <n>', 'from each node', wholeNumber(1), 10)
    .option('--length <n>', 'nodes of a walk', wholeNumber(1), 80)
    .option('--dim <n>', 'width of a vector', wholeNumber(1), 128)
    .option('--window <n>', 'nodes to either side at most', wholeNumber(1), 10)
    .option('--negatives <n>', 'noise nodes', wholeNumber(1), 5)
    .option('--hs', 'hierarchical softmax, as DeepWalk was published, instead of negative sampling')
    .addOption(new Option('--learning-rate <x>', 'of the first step').argParser(positiveNumber).default(0.025))
    .option('--epochs <n>', 'times through the walks', wholeNumber(1), 1)
    .option('--threads <n>', 'default: the processors that there are; 1 repeats exactly', wholeNumber(1))
    .option('--seed <n>', 'of walks and vectors', wholeNumber(0), 1)
    .option('--json', 'write a summary as an object')
    .addHelpText('after', `\nExamples:\n  ${NAME} node2vec --edges karate.edgelist -o karate.vec\n  ${NAME} node2vec --edges links.tsv.gz --directed --weighted -p 0.25 -q 4 -o links.bin`)
    .action((flags: Node2VecFlags) => node2vecCommand(flags, io))
}

async function node2vecCommand({ edges, output, directed = false, weighted = false, dim, hs, json, ...options }: Node2VecFlags, io: Io): Promise<void> {
  vectorFormatOf(output)
  const graph = await readEdgeList(edges, { directed, weighted })
  const { vectors, epochs } = await node2vec(graph, { ...options, ...(dim !== undefined && { dimensions: dim }), ...(hs && { loss: 'hierarchical-softmax' as const }) })
  writeVectors(output, vectors)
  const { loss, seconds } = epochs.at(-1)!
  const summary = { output, nodes: vectors.size, edges: graph.targets.length, dimensions: vectors.width, loss: Number(loss.toFixed(4)), seconds: Number(seconds.toFixed(2)) }
  io.stdout.write(
    json
      ? `${JSON.stringify(summary)}\n`
      : `${output}: ${summary.nodes} nodes of ${summary.dimensions} dimensions, mean loss of the last epoch ${summary.loss}, ${summary.seconds} s\n`,
  )
}
