import { nodeClassification } from '@parlance/metrics'
import type { Command } from 'commander'
import { EmbeddingError } from '../errors.js'
import { linesOf, readTexts } from '../text/read-texts.js'
import { type Io, NAME } from './io.js'
import { positiveNumber, wholeNumber } from './numbers.js'
import { loadVectors, vectorsOption } from './vectors-option.js'

interface ClassifyFlags {
  readonly vectors: string
  readonly labels: string
  readonly share: number
  readonly repeats: number
  readonly penalty: number
  readonly seed: number
  readonly json?: true
}

/** `parlance-embed classify`. */
export function addClassify(root: Command, io: Io): void {
  root
    .command('classify')
    .description('Measure what vectors tell about classes: logistic regression on a share of the labelled ones, over random splits.')
    .addOption(vectorsOption())
    .requiredOption('--labels <file>', 'a name and its class a line, separated by a space or tab')
    .option('--share <x>', 'of the labelled to learn from', positiveNumber, 0.5)
    .option('--repeats <n>', 'splits', wholeNumber(1), 10)
    .option('--penalty <x>', 'of the squared weights', positiveNumber, 1)
    .option('--seed <n>', 'of the splits', wholeNumber(0), 1)
    .option('--json', 'write an object')
    .addHelpText('after', `\nExamples:\n  ${NAME} classify -v cora.vec --labels labels.txt --share 0.5`)
    .action((flags: ClassifyFlags) => classifyCommand(flags, io))
}

async function classifyCommand({ vectors: path, labels: file, json, ...options }: ClassifyFlags, io: Io): Promise<void> {
  const { vectors } = await loadVectors(path)
  const [rows, labels]: [Float32Array[], string[]] = [[], []]
  let at = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    at++
    const fields = line.trim().split(/\s+/)
    if (fields[0] === '') continue
    if (fields.length !== 2) throw new EmbeddingError(`${file}, line ${at}: expected a name and its class, got ${fields.length} fields.`)
    const row = vectors.vector(fields[0]!)
    if (!row) throw new EmbeddingError(`${file}, line ${at}: ${path} has no vector of ${JSON.stringify(fields[0])}.`)
    rows.push(row)
    labels.push(fields[1]!)
  }
  const found = nodeClassification(rows, labels, options)
  const { accuracy, macroF1, nodes, classes, repeats, trainingNodes } = found
  const figure = ({ mean, deviation }: { mean: number; deviation: number }) => `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`
  io.stdout.write(
    json
      ? `${JSON.stringify(found)}\n`
      : `accuracy ${figure(accuracy)}%, macro-F1 ${figure(macroF1)}%: mean and deviation of ${repeats} splits, ${trainingNodes} of ${nodes} labelled to learn from, ${classes.length} classes\n`,
  )
}
