import { UsageError } from '@parlance/nn/command-line'
import { checkTranslateOptions, type TranslateOptions, Translator } from '@parlance/translation'
import type { Command } from 'commander'

export interface SearchFlags extends TranslateOptions {
  model?: string
  device: string
  threads?: number
}

/** The flags of every command that translates. */
export function addSearchFlags(command: Command): Command {
  return command
    .option('--model <dir>', 'the model folder')
    .option('--beam-size <n>', 'hypotheses kept while searching; 1 is greedy (default: 4)', Number)
    .option('--length-penalty <a>', 'rank by log-probability / length^a (default: 1)', Number)
    .option('--max-length <n>', 'tokens of a translation at most (default: twice the source and 10 more)', Number)
    .option('--batch-size <n>', 'lines translated at once; never changes a translation (default: 32)', Number)
    .option('--device <name>', 'auto or cpu', 'auto')
    .option('--threads <n>', 'threads within one operator (default: all cores)', Number)
}

/** @throws UsageError for a device that there is not or a number of threads that is none */
export function checkDevice(device: string, threads: number | undefined): void {
  if (device !== 'auto' && device !== 'cpu') throw new UsageError(`There is no device "${device}": use auto or cpu.`)
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new UsageError(`--threads must be a whole number of 1 or more, got ${threads}.`)
  }
}

/** Loads the model that the flags name, and picks the options of the search. */
export async function loadTranslator(flags: SearchFlags): Promise<{ translator: Translator; options: TranslateOptions }> {
  const { model, device, threads } = flags
  checkDevice(device, threads)
  if (model === undefined) throw new UsageError('There is no model: name a model folder with --model DIR (see --help).')
  const names = ['beamSize', 'nBest', 'lengthPenalty', 'maxLength', 'batchSize'] as const
  const options: TranslateOptions = {}
  for (const name of names) {
    const value = flags[name]
    if (value !== undefined) options[name] = value
  }
  checkTranslateOptions(options)
  const translator = await Translator.load(model, threads === undefined ? {} : { threads })
  return { translator, options }
}
