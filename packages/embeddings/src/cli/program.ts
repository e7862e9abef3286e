import { oneLine, UsageError } from '@parlance/nn/command-line'
import { Command, CommanderError, Option } from 'commander'
import { addClassify } from './classify.js'
import { evaluateCommand, type EvaluateFlags } from './evaluate.js'
import { familiarFlags, familiarStarSpaceFlags } from './familiar-flags.js'
import { addGraph } from './graph.js'
import { type Io, NAME } from './io.js'
import { addLargeGraph } from './large-graph.js'
import { analogyCommand, type AnalogyFlags, nearestCommand, type NearestFlags } from './nearest.js'
import { addNode2Vec } from './node2vec.js'
import { wholeNumber } from './numbers.js'
import { addPlot } from './plot.js'
import { addStarSpace } from './starspace.js'
import { vectorsOption } from './vectors-option.js'
import { word2vecCommand } from './word2vec.js'
import { addWord2VecOptions, type Word2VecFlags } from './word2vec-options.js'

/** Runs the command line; resolves to the exit code: 0, 1 for failed work, 2 for wrong usage. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync(ours(argv), { from: 'user' })
    return 0
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    io.stderr.write(`${NAME}: ${oneLine(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** Arguments that other programs take too, by our names. */
function ours(argv: readonly string[]): readonly string[] {
  const [command, ...rest] = argv
  if (command === 'word2vec') return [command, ...familiarFlags(rest)]
  if (command === 'starspace' && rest[0] === 'train') return [command, 'train', ...familiarStarSpaceFlags(rest.slice(1))]
  return argv
}

function program(io: Io): Command {
  const root = new Command(NAME).description('Learn vectors of words, graphs, labels and pages, look things up in them, draw them and measure them.').addHelpText(
    'after',
    `
Examples:
  ${NAME} word2vec books/*.txt.gz -o books.vec
  ${NAME} nearest -v books.vec king
  ${NAME} analogy -v books.vec man woman king
  ${NAME} evaluate -v books.vec --similarity EN-WS-353-ALL.txt --analogies questions-words.txt
  ${NAME} plot -v books.vec -o books.html
  ${NAME} starspace train --tags train.txt -o tags`,
  )
  // Subcommands copy these settings when they are made.
  root.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, `${NAME}: `)),
  })
  addWord2VecOptions(root.command('word2vec')).action((files: string[], flags: Word2VecFlags, command: Command) =>
    word2vecCommand(files, flags, command, io),
  )
  const count = () => new Option('-k, --count <n>', 'how many').default(10).argParser(wholeNumber(1))
  root
    .command('nearest')
    .description('Write the nearest words of words, by cosine.')
    .argument('[words...]', 'words to look up (default: those on standard input)')
    .addOption(vectorsOption())
    .addOption(count())
    .addOption(new Option('--index <kind>', 'compare with every vector, or search a graph of neighbours').choices(['exact', 'hnsw']).default('exact'))
    .option('--index-file <file>', 'where the HNSW index is kept: read if it is there, else made')
    .addOption(new Option('--expansion-search <n>', 'candidates that HNSW looks at: more find more and take longer (default: 64)').argParser(wholeNumber(1)))
    .option('--json', 'write an object a word')
    .addHelpText(
      'after',
      `\nExamples:\n  ${NAME} nearest -v books.vec king queen\n  ${NAME} nearest -v wiki.bin unseenword --json\n  ${NAME} nearest -v wiki.vec --index hnsw --index-file wiki.hnsw < words.txt`,
    )
    .action((words: string[], flags: NearestFlags, command: Command) => nearestCommand(words, flags, command, io))
  root
    .command('analogy')
    .description('Write the words that are to c as b is to a, by 3CosAdd.')
    .argument('<a>')
    .argument('<b>')
    .argument('<c>')
    .addOption(vectorsOption())
    .addOption(count())
    .option('--json', 'write an object')
    .addHelpText('after', `\nExamples:\n  ${NAME} analogy -v books.vec man woman king`)
    .action((a: string, b: string, c: string, flags: AnalogyFlags) => analogyCommand([a, b, c], flags, io))
  addEvaluate(root, io)
  addGraph(root, io)
  addLargeGraph(root, io)
  addNode2Vec(root, io)
  addClassify(root, io)
  addStarSpace(root, io)
  addPlot(root, io)
  return root
}

function addEvaluate(root: Command, io: Io): void {
  const files = (value: string, before: string[]) => [...before, value]
  root
    .command('evaluate')
    .description('Measure vectors: word similarity (Spearman) and analogies, with what is covered.')
    .addOption(vectorsOption())
    .addOption(new Option('--similarity <file>', 'pairs of words with ratings; may be repeated').argParser(files).default([], 'none'))
    .addOption(new Option('--analogies <file>', 'questions as in questions-words.txt; may be repeated').argParser(files).default([], 'none'))
    .addOption(new Option('--oov <rule>', 'pairs with a word without vector: left out, or similarity 0').choices(['skip', 'zero']).default('skip'))
    .addOption(new Option('--method <name>', 'of analogies').choices(['3cosadd', '3cosmul']).default('3cosadd'))
    .addOption(new Option('--restrict <n>', 'analogies among so many first words').default(30_000).argParser(wholeNumber(1)))
    .option('--lower-case', 'lower-case the words of ratings and questions')
    .option('--json', 'write an object')
    .addHelpText('after', `\nExamples:\n  ${NAME} evaluate -v books.vec --similarity EN-MEN-TR-3k.txt --analogies questions-words.txt --lower-case`)
    .action((flags: EvaluateFlags, command: Command) => evaluateCommand(flags, command, io))
}
