import { writeFileAtomic } from '@parlance/runtime/session'
import { readTextFile } from '@parlance/nn/command-line'
import { type Command, Option } from 'commander'
import { EmbeddingError } from '../errors.js'
import type { PlotOptions } from '../plot/plot.js'
import { type Io, NAME } from './io.js'
import { wholeNumber } from './numbers.js'
import { loadVectors, vectorsOption } from './vectors-option.js'

interface PlotFlags {
  readonly vectors: string
  readonly output: string
  readonly method: 'umap' | 'tsne'
  readonly count: number
  readonly words?: string
  readonly groups?: string
  readonly clusters: number
  readonly neighbours?: number
  readonly iterations?: number
  readonly title?: string
  readonly seed: number
}

/** `parlance-embed plot`. What computes and draws is loaded when the command runs. */
export function addPlot(root: Command, io: Io): void {
  root
    .command('plot')
    .description('Draw a map of vectors: one HTML file, with search, zoom, groups and the nearest words of each word.')
    .addOption(vectorsOption())
    .option('-o, --output <file>', 'where the page goes', 'map.html')
    .addOption(new Option('--method <name>', 'how places are found; t-SNE takes the square of the number of words').choices(['umap', 'tsne']).default('umap'))
    .addOption(new Option('-n, --count <n>', 'how many of the first words').default(1000).argParser(wholeNumber(4)))
    .option('--words <file>', 'which words, a line each, instead of the first ones')
    .option('--groups <file>', 'word and group in a line, with a tab between: what colours are by, instead of clusters')
    .addOption(new Option('--clusters <n>', 'groups that are found').default(10).argParser(wholeNumber(1)))
    .addOption(new Option('--neighbours <n>', "UMAP's neighbours (default: 15) or t-SNE's perplexity (default: 30)").argParser(wholeNumber(2)))
    .addOption(new Option('--iterations <n>', 'of t-SNE (default: 500)').argParser(wholeNumber(1)))
    .option('--title <text>', 'what the page is called (default: the name of the vectors)')
    .addOption(new Option('--seed <n>', 'of the places').default(1).argParser(wholeNumber(0)))
    .addHelpText(
      'after',
      `\nExamples:\n  ${NAME} plot -v books.vec -o books.html\n  ${NAME} plot -v books.vec --method tsne -n 500 --words cities.txt\n  ${NAME} plot -v entities.vec --groups types.tsv -o entities.html`,
    )
    .action((flags: PlotFlags) => plotCommand(flags, io))
}

/** The words of the lines of a file. */
function readWords(file: string): string[] {
  return [...new Set(readTextFile(file).split('\n').map((line) => line.trim()).filter((line) => line !== ''))]
}

/** The columns of a file of words and groups. */
function readGroups(file: string): Map<string, string> {
  const groups = new Map<string, string>()
  for (const [i, line] of readTextFile(file).split(/\r?\n/).entries()) {
    if (line === '') continue
    const [word, group, ...more] = line.split('\t')
    if (!word || !group || more.length > 0) throw new EmbeddingError(`${file}, line ${i + 1}: expected a word and a group with a tab between, got ${JSON.stringify(line)}.`)
    groups.set(word, group)
  }
  return groups
}

async function plotCommand(flags: PlotFlags, io: Io): Promise<void> {
  const { vectors: path, output, method, count, clusters, neighbours, iterations, seed, title = path } = flags
  const words = flags.words === undefined ? undefined : readWords(flags.words)
  const groups = flags.groups === undefined ? undefined : readGroups(flags.groups)
  const { vectors } = await loadVectors(path)
  const { plotVectors } = await import('../plot/plot.js')
  const options: PlotOptions = {
    method,
    title,
    clusters,
    seed,
    words: words ?? vectors.words.filter((word) => word !== '</s>').slice(0, count),
    ...(groups && { groups }),
    ...(neighbours !== undefined && { neighbours }),
    ...(iterations !== undefined && { iterations }),
  }
  writeFileAtomic(output, plotVectors(vectors, options))
  io.stdout.write(`${output}\n`)
}
