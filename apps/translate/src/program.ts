import { UsageError } from '@parlance/nn/command-line'
import { Command, CommanderError, Option } from 'commander'
import type { EvaluateFlags } from './evaluate-command.js'
import type { ExportFlags } from './export-command.js'
import type { QuantizeFlags } from './quantize-command.js'
import type { RatingsFlags } from './ratings-command.js'
import { addCorpusCommands } from './corpus-commands.js'
import { addLineFlags, addSearchFlags, THREADS, WORKERS } from './search-flags.js'
import type { TrainFlags } from './train-command.js'
import type { TranslateFlags } from './translate-command.js'

const EXAMPLES = `
Columns are in this order, a tab between: translation, --scores, --quality, --alignments.
With --markup, standard input is one document, which streams no lines.

Examples:
  echo 'How are you?' | parlance-translate
  parlance-translate --model en-de --split --scores < paragraphs.txt > target.tsv
  parlance-translate --markup markdown < README.md > README.de.md
  parlance-translate --beam-size 8 --n-best 3 --alignments < source.txt
  parlance-translate --json --quality --from en --to de < source.txt
  parlance-translate train --data train.tsv --valid valid.tsv --output en-de --max-minutes 15
  parlance-translate evaluate --model en-de --data test.tsv --report report.html`

/** @throws UsageError for arguments that cannot work; what the work throws */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await (await program(args)).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw new UsageError(`${error.message.replace(/^error: /, '')} (see --help)`)
  }
}

// What a command needs is loaded when it runs: a line typed at the prompt waits for none of the others.
async function program(args: readonly string[]): Promise<Command> {
  const root = new Command('parlance-translate')
  // Subcommands copy these settings when they are made.
  root.exitOverride().configureOutput({ outputError: () => {} }).enablePositionalOptions()
  addLineFlags(addSearchFlags(root))
    .description('Translate standard input, a line in, a line out; train and evaluate translators.')
    .option('--n-best <n>', 'write so many translations of each line, as "line ||| translation ||| score", lines from 0', Number)
    .option('--split', 'translate each sentence of a line alone and join them with the white space of the line')
    .option('--markup [format]', 'leave markup intact: html, markdown, or auto (the default), which looks')
    .option('--lines', 'with --markup: each line is a document of its own')
    .option('--scores', 'add a column: what ranks translations, natural-log probability over length')
    .option('--quality', 'add a column: the estimated quality, sentence chrF from 0 to 1')
    .option('--alignments', 'add a column: which words correspond, "0-0 1-2", source-target, words between white space from 0')
    .option('--json', 'write an object a line: source, translation, score, warnings, hypotheses')
    .option('--no-warnings', 'say nothing on stderr of suspected failures: numbers changed, negation lost, loops, copies, ...')
    .option('--from <language>', 'the language of the source, such as en: warnings and quality know more')
    .option('--to <language>', 'that of the translation; needed by models that know several')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: TranslateFlags) => (await import('./translate-command.js')).translateCommand(flags))
  await addTrain(root, args.includes('train'))
  addCorpusCommands(root)
  addEvaluate(root)
  root
    .command('ratings')
    .description('Sum up the ratings that people have given on scoring sheets.')
    .argument('<files...>', 'what a sheet has saved, JSON or TSV, one file for each person')
    .requiredOption('--sheet <file>', 'the scoring sheet, or the report that holds it')
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-translate ratings --sheet sheet.html anna.json ben.json')
    .action(async (files: string[], flags: RatingsFlags) => (await import('./ratings-command.js')).ratingsCommand(files, flags))
  root
    .command('export')
    .description('Write the inference graphs of a model folder again, for example after training was killed; or all of it for others.')
    .requiredOption('--model <dir>', 'the model folder')
    .addOption(new Option('--format <format>', 'whose: for transformers.js a folder of its own').choices(['parlance', 'transformers.js']).default('parlance'))
    .option('--output <dir>', 'the folder to write for transformers.js')
    .addHelpText('after', '\nExamples:\n  parlance-translate export --model en-de\n  parlance-translate export --model en-de --format transformers.js --output en-de-js')
    .action(async (flags: ExportFlags) => (await import('./export-command.js')).exportCommand(flags))
  addQuantize(root)
  return root
}

function addQuantize(root: Command): void {
  root
    .command('quantize')
    .description('Write a smaller and faster copy of a model folder; print size, speed, BLEU and chrF before and after.')
    .requiredOption('--model <dir>', 'the model folder')
    .requiredOption('--output <dir>', 'the folder to write')
    .addOption(
      new Option('--to <form>', 'int8 computes with 8 bits, int8-weights and float16 store with 8 and 16, int4 has weights of 4')
        .choices(['int8', 'int8-weights', 'int4', 'float16'])
        .makeOptionMandatory(),
    )
    .option('--shortlist <files...>', 'training pairs, from which to learn which words may translate which: a translation has no others')
    .option('--data <files...>', 'pairs to translate before and after')
    .option('--limit <n>', 'translate so many pairs, spread evenly over the file', Number)
    .option('--beam-size <n>', 'hypotheses kept while searching; 1 is greedy (default: 4)', Number)
    .option('--batch-size <n>', 'lines translated at once (default: 32)', Number)
    .option(...THREADS)
    .option(...WORKERS)
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-translate quantize --model en-de --output en-de-int8 --to int8 --shortlist train.tsv --data valid.tsv')
    .action(async (flags: QuantizeFlags) => (await import('./quantize-command.js')).quantizeCommand(flags))
}

function addEvaluate(root: Command): void {
  addSearchFlags(root.command('evaluate'))
    .description('Translate the sources of sentence pairs and print BLEU, chrF, chrF++ and TER with their signatures.')
    .requiredOption('--data <files...>', 'a TSV file of pairs, or two files whose lines correspond')
    .option('--limit <n>', 'evaluate so many pairs, spread evenly over the file', Number)
    .option('--compare <dir>', 'a second model folder on the same pairs: is it better, or is it chance?')
    .option('--samples <n>', 'resamples of the bootstrap (default: 1000)', Number)
    .option('--report <file>', 'write a page with all figures, the worst and best translations and a scoring sheet')
    .option('--sheet <file>', 'write a scoring sheet: people rate translations on five levels, catastrophic first')
    .option('--sheet-size <n>', 'translations on the sheet, spread evenly over the pairs (default: 50)', Number)
    .option('--from <language>', 'the language of the sources, such as en: warnings know more')
    .option('--to <language>', 'that of the translations; needed by models that know several')
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-translate evaluate --model en-de --data test.tsv --limit 500')
    .addHelpText('after', '  parlance-translate evaluate --model en-de --compare en-de-int8 --data test.tsv --report report.html')
    .action(async (flags: EvaluateFlags) => (await import('./evaluate-command.js')).evaluateCommand(flags))
}

/** @param withFields whether the flags of the training config are wanted: they take a while to load */
async function addTrain(root: Command, withFields: boolean): Promise<void> {
  const command = root
    .command('train')
    .description('Train a translator on sentence pairs and write a model folder.')
    .requiredOption('--data <files...>', 'pairs to train on: a TSV file, two files whose lines correspond, or en-de=FILE once or more')
    .requiredOption('--valid <files...>', 'pairs to evaluate on while training, in the same form')
    .requiredOption('--output <dir>', 'the model folder to write')
    .option('--config <file>', 'a JSON file with any of the settings below; flags win')
    .option('--synthetic <files...>', 'pairs whose sources a model made up: see back-translate')
    .option('--init <dir>', 'a model folder to start from; the architecture must be the same')
    .option('--teacher <dir>', 'a model folder whose distributions are learned beside the labels')
    .option('--tokenizer <file>', 'a tokenizer.json to use instead of training one')
    .option('--resume', 'go on with the run in the output folder')
    .option('--device <name>', 'auto or cpu', 'auto')
    .option('--threads <n>', 'threads within one operator; default all cores', Number)
    .option('--json', 'write an object with the result')
  if (withFields) for (const option of (await import('./config-flags.js')).configFlags()) command.addOption(option)
  command
    .addHelpText('after', '\nExamples:\n  parlance-translate train --data train.tsv --valid valid.tsv --output en-de --max-minutes 15')
    .addHelpText('after', '  parlance-translate train --data train.en train.de --valid valid.en valid.de --output en-de --config en-de.json\n' +
      '  parlance-translate train --data en-de=de.tsv en-fr=fr.tsv --valid en-de=v.de.tsv en-fr=v.fr.tsv --output many --directions both --sampling-temperature 5')
    .action(async (flags: TrainFlags) => (await import('./train-command.js')).trainCommand(flags))
}
