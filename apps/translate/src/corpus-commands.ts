import { type Command, Option } from 'commander'
import type { CorpusFlags } from './corpus-command.js'
import { THREADS, WORKERS } from './search-flags.js'

/** The commands that translate a corpus into a file of pairs to train on. */
export function addCorpusCommands(root: Command): void {
  const backTranslate = root
    .command('back-translate')
    .description('Make sources for sentences of the target language, by a model of the reverse direction.')
    .option('--tag', 'mark the sources as made up, so that training knows them apart (Caswell et al. 2019)')
    .addHelpText(
      'after',
      '\nA run that was stopped goes on when the same command is given again.\n\nExamples:\n' +
        '  parlance-translate train --data train.tsv --valid valid.tsv --output de-en --directions backward --max-minutes 60\n' +
        '  parlance-translate back-translate --model de-en --input mono.de --output synthetic.tsv --method sampling --tag\n' +
        '  parlance-translate train --data train.tsv --synthetic synthetic.tsv --valid valid.tsv --output en-de --max-minutes 60',
    )
  const distill = root
    .command('distill')
    .description('Translate sources by a teacher, for a student to learn from instead of the references (Kim and Rush 2016).')
    .addHelpText(
      'after',
      '\nA run that was stopped goes on when the same command is given again.\n\nExamples:\n' +
        '  parlance-translate distill --model teacher --input train.tsv --output distilled.tsv\n' +
        '  parlance-translate train --data distilled.tsv --valid valid.tsv --output student --max-minutes 60',
    )
  for (const command of [backTranslate, distill]) {
    command
      .requiredOption('--model <dir>', 'the model folder that translates')
      .requiredOption('--input <file>', 'a sentence a line, or TSV of which the first column is translated')
      .requiredOption('--output <file>', 'the TSV file of pairs to write')
      .addOption(new Option('--method <name>', 'beam, greedy, or sampling (Edunov et al. 2018)').choices(['beam', 'greedy', 'sampling']).default('beam'))
      .option('--beam-size <n>', 'of beam (default: 4)', Number)
      .option('--seed <n>', 'of sampling (default: 1)', Number)
      .option('--to <language>', 'what to translate into; needed by models that know several')
      .option('--batch-size <n>', 'sentences translated at once (default: 32)', Number)
      .option(...THREADS)
      .option(...WORKERS)
      .option('--json', 'write an object with the result')
  }
  backTranslate.action(async (flags: CorpusFlags) => (await import('./corpus-command.js')).corpusCommand(flags, 'source'))
  distill.action(async (flags: CorpusFlags) => (await import('./corpus-command.js')).corpusCommand(flags, 'target'))
}
