import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { decodeCommand, encodeCommand, inspectCommand } from './commands.js'
import type { Io } from './io.js'
import { PATTERNS } from '../pre-tokenize.js'
import { type TrainOptions, trainCommand } from './train.js'

/** Runs the command line; resolves to the exit code: 0, 1 for failed work, 2 for wrong usage. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    io.stderr.write(`parlance-tokenizer: ${(error as Error).message}\n`)
    return 1
  }
}

function program(io: Io): Command {
  const root = new Command('parlance-tokenizer')
    .description('Train tokenizers and turn text into ids and back.')
    .addHelpText(
      'after',
      `
Examples:
  parlance-tokenizer train --vocab-size 4096 --special '<eos>' corpus.txt
  parlance-tokenizer encode < text.txt > ids.txt
  parlance-tokenizer decode < ids.txt
  parlance-tokenizer inspect corpus.txt`,
    )
  // Subcommands copy these settings when they are made.
  root.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, 'parlance-tokenizer: ')),
  })
  addTrain(root, io)
  const tokenizer = new Option('-t, --tokenizer <file>', 'the tokenizer').default('tokenizer.json')
  root
    .command('encode')
    .description('Write the ids of the text on standard input, separated by spaces.')
    .addOption(tokenizer)
    .option('--json', 'write an object with ids and tokens')
    .addHelpText('after', "\nExamples:\n  parlance-tokenizer encode < text.txt > ids.txt\n  echo hello | parlance-tokenizer encode --json")
    .action((options: { tokenizer: string; json?: true }) => encodeCommand(options, io))
  root
    .command('decode')
    .description('Write the text of the ids on standard input, which white space separates.')
    .addOption(tokenizer)
    .addHelpText('after', '\nExamples:\n  parlance-tokenizer decode < ids.txt > text.txt')
    .action((options: { tokenizer: string }) => decodeCommand(options, io))
  root
    .command('inspect')
    .description('Describe a tokenizer, and how it does on the texts that are given.')
    .argument('[files...]', 'texts to measure bytes per token on')
    .addOption(tokenizer)
    .option('--longest <n>', 'longest tokens to show', wholeNumber, 10)
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-tokenizer inspect\n  parlance-tokenizer inspect --json valid.txt')
    .action((files: string[], options: { tokenizer: string; longest: number; json?: true }) =>
      inspectCommand(files, options, io),
    )
  return root
}

function addTrain(root: Command, io: Io): void {
  root
    .command('train')
    .description('Learn a vocabulary from texts (UTF-8) and write it as tokenizer.json.')
    .argument('[files...]', 'texts to learn from (default: standard input)')
    .option('-o, --output <file>', 'where to write the tokenizer', 'tokenizer.json')
    .addOption(
      new Option('--type <type>', 'byte-level BPE, or characters').choices(['bpe', 'char']).default('bpe'),
    )
    .option('--vocab-size <n>', 'bpe: tokens at the end, bytes and special ones included (default: 4096)', wholeNumber)
    .option('--min-frequency <n>', 'bpe: least count of a pair to merge (default: 2)', wholeNumber)
    .addOption(new Option('--pattern <name>', 'bpe: how to cut words (default: gpt2)').choices(PATTERNS))
    .option('--unk <token>', 'char: the token of unknown characters (default: they are errors)')
    .option('--special <token>', 'a special token; may be repeated', collect, [])
    .option('--json', 'write a summary as an object')
    .addHelpText(
      'after',
      `
Examples:
  parlance-tokenizer train --vocab-size 16000 --special '<eos>' part-*.txt
  zcat corpus.txt.gz | parlance-tokenizer train -o corpus.json
  parlance-tokenizer train --type char --unk '<unk>' corpus.txt`,
    )
    .action((files: string[], options: TrainOptions, command: Command) => trainCommand(files, options, command, io))
}

function wholeNumber(text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Expected a whole number from 1.')
  return Number(text)
}

function collect(token: string, before: string[]): string[] {
  return [...before, token]
}
