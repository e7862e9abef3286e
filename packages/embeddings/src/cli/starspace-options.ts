import { type Command, Option } from 'commander'
import { TASK_KINDS, type TaskKind } from '../starspace/examples.js'
import { starSpaceConfigSchema, starSpaceTrainingSchema } from '../starspace/options.js'
import { wholeNumber } from './numbers.js'
import { addSchemaOptions } from './schema-options.js'

/** Files of examples by kind. */
export type TaskFlags = Readonly<Record<TaskKind, readonly string[]>>

export interface TrainFlags extends TaskFlags {
  readonly output: string
  readonly vectors?: string
  readonly init?: string
  readonly json?: true
}

export interface PredictFlags {
  readonly model: string
  readonly count: number
  readonly pages?: true
  readonly json?: true
}

export interface EvaluateFlags extends TaskFlags {
  readonly model: string
  readonly json?: true
}

const DESCRIPTIONS: Readonly<Record<TaskKind, string>> = {
  tags: 'texts with labels, a line each: words and __label__names',
  pages: 'what users like, a line each: pages with spaces between',
  sentences: 'texts that belong together, a line each, with tabs between',
}

function addTaskOptions(command: Command): Command {
  for (const kind of TASK_KINDS) {
    const files = (value: string, before: string[]) => [...before, value]
    command.addOption(new Option(`--${kind} <file>`, `${DESCRIPTIONS[kind]}; may be repeated`).argParser(files).default([], 'none'))
  }
  return command
}

const MODEL = ['-m, --model <dir>', 'what starspace train wrote', 'starspace'] as const

export function addTrainOptions(command: Command): Command {
  addTaskOptions(command.description('Learn a space. Files of several kinds are learnt together.'))
    .option('-o, --output <dir>', 'where the model goes', 'starspace')
    .option('--vectors <file>', 'where vectors of words and labels go too: .vec, .txt, .bin or .safetensors')
    .option('--init <file>', 'vectors that words begin with; the model is as wide')
  addSchemaOptions(command, starSpaceConfigSchema)
  addSchemaOptions(command, starSpaceTrainingSchema)
  return command.option('--json', 'write an object').addHelpText(
    'after',
    `
Examples:
  parlance-embed starspace train --tags train.txt --loss softmax --similarity dot --ngrams 2 -o tags
  parlance-embed starspace train --pages sessions.txt --margin 0.2 -o pages
  parlance-embed starspace train --tags news.txt --sentences pairs.tsv --init books.vec -o all`,
  )
}

export function addPredictOptions(command: Command): Command {
  return command
    .description('Write the labels that go best with each line of standard input.')
    .option(...MODEL)
    .addOption(new Option('-k, --count <n>', 'how many').default(1).argParser(wholeNumber(1)))
    .option('--pages', 'lines are pages that a user likes: write others')
    .option('--json', 'write an object a line, with scores')
    .addHelpText('after', '\nExamples:\n  parlance-embed starspace predict -m tags < texts.txt\n  parlance-embed starspace predict -m pages --pages -k 10 < users.txt')
}

export function addEvaluateOptions(command: Command): Command {
  return addTaskOptions(command.description('Measure a model on examples: how it ranks the labels, pages and texts that belong to them.'))
    .option(...MODEL)
    .option('--json', 'write an object a kind')
    .addHelpText('after', '\nExamples:\n  parlance-embed starspace evaluate -m tags --tags test.txt --json')
}
