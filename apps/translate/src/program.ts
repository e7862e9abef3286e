import { UsageError } from '@parlance/nn/command-line'
import { Command, CommanderError } from 'commander'
import { configFlags } from './config-flags.js'
import { type EvaluateFlags, evaluateCommand } from './evaluate-command.js'
import { exportCommand } from './export-command.js'
import { addLineFlags, addSearchFlags } from './search-flags.js'
import { trainCommand, type TrainFlags } from './train-command.js'
import { type TranslateFlags, translateCommand } from './translate-command.js'

const EXAMPLES = `
Examples:
  parlance-translate train --data train.tsv --valid valid.tsv --output en-de --max-minutes 15
  parlance-translate --model en-de < source.txt > target.txt
  echo 'How are you?' | parlance-translate --model en-de --beam-size 8 --n-best 3
  parlance-translate evaluate --model en-de --data test.tsv --limit 500`

/** @throws UsageError for arguments that cannot work; what the work throws */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw new UsageError(`${error.message.replace(/^error: /, '')} (see --help)`)
  }
}

function program(): Command {
  const root = new Command('parlance-translate')
  // Subcommands copy these settings when they are made.
  root.exitOverride().configureOutput({ outputError: () => {} }).enablePositionalOptions()
  addLineFlags(addSearchFlags(root))
    .description('Translate standard input, a line in, a line out; train and evaluate translators.')
    .option('--n-best <n>', 'write so many translations of each line, as "line ||| translation ||| score", lines from 0', Number)
    .option('--json', 'write an object a line: source, translation, score, hypotheses')
    .addHelpText('after', EXAMPLES)
    .action((flags: TranslateFlags) => translateCommand(flags))
  addTrain(root)
  addSearchFlags(root.command('evaluate'))
    .description('Translate the sources of sentence pairs and print BLEU with its signature.')
    .requiredOption('--data <files...>', 'a TSV file of pairs, or two files whose lines correspond')
    .option('--limit <n>', 'evaluate so many pairs, spread evenly over the file', Number)
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-translate evaluate --model en-de --data test.tsv --limit 500')
    .action((flags: EvaluateFlags) => evaluateCommand(flags))
  root
    .command('export')
    .description('Write the inference graphs of a model folder again, for example after training was killed.')
    .requiredOption('--model <dir>', 'the model folder')
    .addHelpText('after', '\nExamples:\n  parlance-translate export --model en-de')
    .action(({ model }: { model: string }) => exportCommand(model))
  return root
}

function addTrain(root: Command): void {
  const command = root
    .command('train')
    .description('Train a translator on sentence pairs and write a model folder.')
    .requiredOption('--data <files...>', 'a TSV file of pairs to train on, or two files whose lines correspond')
    .requiredOption('--valid <files...>', 'pairs to evaluate on while training, in the same form')
    .requiredOption('--output <dir>', 'the model folder to write')
    .option('--config <file>', 'a JSON file with any of the settings below; flags win')
    .option('--tokenizer <file>', 'a tokenizer.json to use instead of training one')
    .option('--resume', 'go on with the run in the output folder')
    .option('--device <name>', 'auto or cpu', 'auto')
    .option('--threads <n>', 'threads within one operator; default all cores', Number)
    .option('--json', 'write an object with the result')
  for (const option of configFlags()) command.addOption(option)
  command
    .addHelpText('after', '\nExamples:\n  parlance-translate train --data train.tsv --valid valid.tsv --output en-de --max-minutes 15')
    .addHelpText('after', '  parlance-translate train --data train.en train.de --valid valid.en valid.de --output en-de --config en-de.json')
    .action((flags: TrainFlags) => trainCommand(flags))
}
