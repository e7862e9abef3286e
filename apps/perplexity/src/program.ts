import { type TrainingField, trainingFields } from '@parlance/lm'
import { Command, Option } from 'commander'
import type { CompareOptions } from './compare.js'
import type { GenerateCommandOptions } from './generate.js'
import type { MeasureOptions } from './measure.js'
import { deviceOption, jsonOption, number, threadsOption, wholeNumber } from './options.js'
import { TOKENIZER_HELP } from './tokenizer-option.js'
import type { TrainCommandOptions } from './train.js'
import type { TrainNgramOptions } from './train-ngram.js'

export const NAME = 'parlance-perplexity'

/** The command line. Each command's code is loaded when it runs: only training needs TF.js. */
export function program(): Command {
  const root = new Command(NAME)
    .description('Measure how well a language model predicts a text, and train the model.')
    .enablePositionalOptions()
    .option('--model <model>', 'a model folder, or ngram:FILE')
    .option('--corpus <files...>', 'UTF-8 texts (default: standard input)')
    .addOption(contextOption())
    .addOption(strideOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('--model runs/lm --corpus valid.txt', '--model runs/lm --stride 32 --json < valid.txt', '--model ngram:words.ngram --corpus valid.txt'))
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${NAME}: ${text.replace(/^error: /, '').trim().replaceAll('\n', ' ')}\n`) })
    .action(async (options: MeasureOptions) => (await import('./measure.js')).measure(options))
  addTrain(root)
  addTrainNgram(root)
  addGenerate(root)
  addCompare(root)
  return root
}

function addTrain(root: Command): void {
  const command = root
    .command('train')
    .description('Train a transformer or LSTM language model and write a model folder.')
    .requiredOption('--corpus <files...>', 'texts to learn from')
    .requiredOption('--output <folder>', 'where the model goes')
    .option('--valid <files...>', 'texts to evaluate on (default: a part of the corpus is held out)')
    .option('--held-out <share>', 'share of the corpus, from its end, to evaluate on (default: 0.1)', number)
    .option('--tokenizer <name>', `${TOKENIZER_HELP} (default: bpe:4096)`)
    .option('--config <file>', 'a JSON file with any of the fields below')
    .option('--resume', 'go on from the last checkpoint in the output folder')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
  const fields = trainingFields()
  for (const field of fields) for (const option of fieldOptions(field)) command.addOption(option)
  command
    .addHelpText(
      'after',
      examples(
        'train --corpus train.txt --valid valid.txt --tokenizer char --output runs/shakespeare',
        'train --corpus train.txt --output runs/lstm --model lstm --layers 2 --width 256 --dropout 0.3',
        'train --corpus train.txt --valid valid.txt --output runs/shakespeare --resume',
      ),
    )
    .action(async (options: TrainCommandOptions) => {
      const all = options as unknown as Record<string, unknown>
      const flags = fields.filter(({ name }) => all[name] !== undefined).map(({ name }) => [name, all[name]])
      await (await import('./train.js')).trainModel(options, Object.fromEntries(flags))
    })
}

/** The flags of a field of the training config. */
function fieldOptions({ name, type, choices, default: value, description }: TrainingField): Option[] {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  if (type === 'boolean') return [new Option(`--${flag}`, description), new Option(`--no-${flag}`, 'the opposite')]
  const text = value === undefined ? description : `${description} (default: ${value})`
  const option = new Option(`--${flag} <${choices ? 'name' : 'n'}>`, text)
  return [choices ? option.choices(choices) : option.argParser(number)]
}

function addTrainNgram(root: Command): void {
  root
    .command('train-ngram')
    .description('Count an interpolated modified Kneser-Ney n-gram model and write it as one file.')
    .option('--corpus <files...>', 'texts to learn from (default: standard input)')
    .requiredOption('--output <file>', 'where the model goes')
    .option('--order <n>', 'longest n-grams', wholeNumber(1), 5)
    .option('--tokenizer <name>', `words, ${TOKENIZER_HELP}`, 'words')
    .option('--min-count <n>', 'words: rarer ones become <unk> (default: 1)', wholeNumber(1))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'train-ngram --corpus train.txt --output words.ngram',
        'train-ngram --corpus train.txt --tokenizer runs/lm/tokenizer.json --output tokens.ngram',
      ),
    )
    .action(async (options: TrainNgramOptions) => (await import('./train-ngram.js')).trainNgramFile(options))
}

function addGenerate(root: Command): void {
  root
    .command('generate')
    .description('Continue a text.')
    .requiredOption('--model <folder>', 'a model folder')
    .option('--prompt <text>', 'what to continue (default: standard input)')
    .option('--max-tokens <n>', 'tokens to generate', wholeNumber(1), 200)
    .option('--temperature <t>', 'above 1 is bolder, 0 takes the most probable token each time', number, 1)
    .option('--top-k <k>', 'draw among the k most probable tokens (default: all)', wholeNumber(1))
    .option('--top-p <p>', 'draw among the most probable tokens that together reach p (default: 1)', number)
    .option('--seed <n>', 'of the draws', wholeNumber(0), 1)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples("generate --model runs/shakespeare --prompt 'ROMEO:' --temperature 0.8"))
    .action(async (options: GenerateCommandOptions & { device?: string }) => {
      const { device: _, ...rest } = options
      await (await import('./generate.js')).generate(rest)
    })
}

function addCompare(root: Command): void {
  root
    .command('compare')
    .description('Print a model beside n-gram models counted in its training text: over its tokens, and over words.')
    .requiredOption('--model <folder>', 'a model folder')
    .requiredOption('--corpus <files...>', 'the texts that the model was trained on')
    .requiredOption('--test <files...>', 'the texts to predict')
    .option('--order <n>', 'longest n-grams', wholeNumber(1), 5)
    .addOption(contextOption())
    .addOption(strideOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('compare --model runs/wikitext --corpus train.txt --test valid.txt'))
    .action(async (options: CompareOptions) => (await import('./compare.js')).compare(options))
}

const contextOption = () =>
  new Option('--context <n>', "most tokens that a prediction sees (default: the model's)").argParser(wholeNumber(1))

const strideOption = () =>
  new Option('--stride <n>', 'tokens between windows; fewer give more context (default: the context)').argParser(wholeNumber(1))

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${NAME} ${line}`).join('\n')}`
}
