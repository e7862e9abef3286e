import { readTextFile, UsageError } from '@parlance/nn/command-line'
import { checkTranslateOptions, folderHash, translateCorpus, type TranslateOptions } from '@parlance/translation'
import { openTranslator } from './search-flags.js'

/** As commander gives them. */
export interface CorpusFlags {
  model: string
  input: string
  output: string
  method: 'beam' | 'greedy' | 'sampling'
  beamSize?: number
  seed?: number
  to?: string
  batchSize?: number
  threads?: number
  workers?: number
  tag?: true
  json?: true
}

/** @throws UsageError for flags that do not go together */
function searchOptions({ method, beamSize, seed, to, batchSize }: CorpusFlags): TranslateOptions {
  if (beamSize !== undefined && method !== 'beam') throw new UsageError(`--beam-size is for --method beam, got ${method}.`)
  if (seed !== undefined && method !== 'sampling') throw new UsageError(`--seed is for --method sampling, got ${method}.`)
  const search = { beam: { beamSize: beamSize ?? 4 }, greedy: { beamSize: 1 }, sampling: { sampling: { seed: seed ?? 1 } } }[method]
  return { ...search, ...(to !== undefined && { to }), ...(batchSize !== undefined && { batchSize }) }
}

/** Translates a file into pairs of which `side` is made up. */
export async function corpusCommand(flags: CorpusFlags, side: 'source' | 'target'): Promise<void> {
  const { model, input, output, tag, json } = flags
  const options = searchOptions(flags)
  checkTranslateOptions(options)
  const lines = readTextFile(input).split(/\r?\n/u)
  if (lines.at(-1) === '') lines.pop()
  const sentences = lines.map((line) => line.split('\t')[0] as string)
  const translator = await openTranslator(model, flags)
  const result = await translateCorpus({ translator, model: folderHash(model), sentences, output, side, options, tag: tag ?? false })
  translator.dispose()
  const { written, leftOut } = result
  if (json) process.stdout.write(`${JSON.stringify({ output, ...result })}\n`)
  else process.stdout.write(`${output}: ${written} pairs${leftOut === 0 ? '' : `, ${leftOut} sentences left out`}.\n`)
}
