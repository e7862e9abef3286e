import { UsageError } from '@parlance/nn/command-line'
import { checkTranslateOptions, type LoadOptions, type SourceLine, type TranslateOptions, Translator } from '@parlance/translation'
import { type Command, Option } from 'commander'
import { defaultModel } from './default-model.js'

/** As commander gives them. */
export interface SearchFlags {
  model?: string
  device?: NonNullable<LoadOptions['device']>
  threads?: number
  workers?: number
  beamSize?: number
  nBest?: number
  lengthPenalty?: number
  lengthNormalization?: 'average' | 'gnmt'
  coveragePenalty?: number
  patience?: number
  diverseBeamGroups?: number
  diverseBeamStrength?: number
  sampling?: true
  seed?: number
  temperature?: number
  topK?: number
  topP?: number
  typicalP?: number
  noRepeatNgramSize?: number
  repetitionPenalty?: number
  suppress?: string[]
  replaceUnk?: true
  minLength?: number
  maxLength?: number
  batchSize?: number
}

/** The flags of input lines that hold more than a text. */
export interface LineFlags {
  forceDecode?: true
  constraints?: true
}

/** What translates; programs that train know others. */
const devices = ['auto', 'cpu', 'webgpu', 'cuda'] as const satisfies readonly LoadOptions['device'][]

/** Of every command that translates: arguments of commander's `option`. */
export const THREADS = ['--threads <n>', 'threads within one operator (default: 1; all cores for models of a width of 512 or more)', Number] as const
export const WORKERS = ['--workers <n>', 'processes that translate many lines side by side (default: as many as there are cores for)', Number] as const

/** The flags of every search. */
export function addSearchFlags(command: Command): Command {
  return command
    .option('--model <dir>', 'the model folder (default: that of @parlance/translate-en-de, English to German)')
    .option('--beam-size <n>', 'hypotheses kept while searching; 1 is greedy (default: 4)', Number)
    .option('--length-penalty <a>', 'the exponent of the length that divides log-probabilities (default: 1)', Number)
    .addOption(
      new Option('--length-normalization <form>', 'that length Y: average is Y, gnmt is (5 + Y) / 6 (default: average)').choices(['average', 'gnmt']),
    )
    .option('--coverage-penalty <b>', 'penalty for parts of the source left out (default: 0)', Number)
    .option('--patience <p>', 'search on until p times the beam size are complete (default: 1)', Number)
    .option('--diverse-beam-groups <n>', 'groups of the beam that avoid the words of each other', Number)
    .option('--diverse-beam-strength <s>', 'how much they do (default: 0.5)', Number)
    .option('--sampling', 'draw translations instead of searching')
    .option('--seed <n>', 'of --sampling (default: 1)', Number)
    .option('--temperature <t>', 'of --sampling: divides log-probabilities (default: 1)', Number)
    .option('--top-k <k>', 'of --sampling: among the k most probable tokens only', Number)
    .option('--top-p <p>', 'of --sampling: among the most probable tokens that reach this mass (default: 1)', Number)
    .option('--typical-p <p>', 'of --sampling: among the tokens of typical information that reach this mass (default: 1)', Number)
    .addOption(wordBeginningWithNo('--no-repeat-ngram-size <n>', 'never say n tokens in a row twice').argParser(Number))
    .option('--repetition-penalty <p>', 'multiply log-probabilities of tokens said before (default: 1)', Number)
    .option('--suppress <phrase...>', 'words or phrases that are never said')
    .option('--replace-unk', 'copy source words for what the vocabulary cannot say')
    .option('--min-length <n>', 'tokens of a translation at least (default: 0)', Number)
    .option('--max-length <n>', 'tokens of a translation at most (default: twice the source and 10 more)', Number)
    .option('--batch-size <n>', 'lines translated at once; never changes a translation (default: 32)', Number)
    .addOption(new Option('--device <name>', 'what computes; auto takes the first that is there of cuda, webgpu, cpu').choices(devices).default('cpu'))
    .option(...THREADS)
    .option(...WORKERS)
}

/** Flags for input lines that hold more than a text. */
export function addLineFlags(command: Command): Command {
  return command
    .option('--force-decode', 'input lines are "source TAB beginning": what the translation begins with')
    .option('--constraints', 'input lines end in "TAB phrase" once or more: what the translation contains')
}

/** Commander would take the flag for the opposite of `--repeat-…`. */
function wordBeginningWithNo(flags: string, description: string): Option {
  const option = new Option(flags, description)
  option.negate = false
  return option
}

/**
 * What an input line holds by its flags: the source; with `--force-decode` then what the translation begins with; with
 * `--constraints` then phrases that it contains.
 */
export function readLine(line: string, number: number, { forceDecode, constraints }: LineFlags): SourceLine {
  if (!forceDecode && !constraints) return { text: line, number }
  const [text = '', ...fields] = line.split('\t')
  const prefix = forceDecode ? fields.shift() : undefined
  const phrases = fields.filter((phrase) => phrase.trim() !== '')
  if (phrases.length > 0 && !constraints) {
    throw new UsageError(`line ${number + 1} has ${fields.length + 2} fields, wanted a source and a beginning: add --constraints for phrases to contain.`)
  }
  return { text, number, ...(prefix !== undefined && { prefix }), ...(phrases.length > 0 && { phrases }) }
}

/**
 * Of the commands that train.
 *
 * @throws UsageError for a device that there is not or a number of threads that is none
 */
export function checkDevice(device: string, threads: number | undefined): void {
  if (device !== 'auto' && device !== 'cpu') throw new UsageError(`There is no device "${device}": use auto or cpu.`)
  checkCount('--threads', threads)
}

function checkCount(flag: string, count: number | undefined): void {
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1)) {
    throw new UsageError(`${flag} must be a whole number of 1 or more, got ${count}.`)
  }
}

/**
 * The library's options.
 *
 * @throws UsageError for flags that cannot work or do not go together
 */
export function translateOptions(flags: SearchFlags): TranslateOptions {
  const { diverseBeamGroups: groups, diverseBeamStrength: strength, sampling, seed, temperature, topK, topP, typicalP } = flags
  if (strength !== undefined && groups === undefined) {
    throw new UsageError('--diverse-beam-strength needs --diverse-beam-groups: say how many groups.')
  }
  const drawing = given({ seed, temperature, topK, topP, typicalP })
  const [stray] = Object.keys(drawing)
  if (!sampling && stray !== undefined) {
    const flag = stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag} is for --sampling: add that, or leave it out.`)
  }
  const { beamSize, nBest, lengthPenalty, lengthNormalization, coveragePenalty, patience } = flags
  const { noRepeatNgramSize, repetitionPenalty, suppress, replaceUnk, minLength, maxLength, batchSize } = flags
  const options: TranslateOptions = given({
    beamSize, nBest, lengthPenalty, lengthNormalization, coveragePenalty, patience,
    diversity: groups === undefined ? undefined : { groups, strength: strength ?? 0.5 },
    sampling: sampling && { seed: 1, ...drawing },
    noRepeatNgrams: noRepeatNgramSize,
    repetitionPenalty, suppress,
    replaceUnknowns: replaceUnk,
    minLength, maxLength, batchSize,
  })
  checkTranslateOptions(options)
  return options
}

/** Loads the model that the flags name, and picks the options of the search. */
export async function loadTranslator(flags: SearchFlags): Promise<{ translator: Translator; options: TranslateOptions }> {
  const options = translateOptions(flags)
  return { translator: await openTranslator(flags.model ?? defaultModel(), flags), options }
}

/**
 * Loads a model folder to translate with on as many cores as there are.
 *
 * @throws UsageError for numbers of threads or workers that are none
 */
export async function openTranslator(folder: string, { device, threads, workers }: Pick<SearchFlags, 'device' | 'threads' | 'workers'>): Promise<Translator> {
  checkCount('--threads', threads)
  checkCount('--workers', workers)
  return Translator.load(folder, { ...given({ device, threads }), workers: workers ?? 'auto' })
}

/** Without what is undefined. */
function given<Values extends object>(values: Values): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<typeof given<Values>>
}
