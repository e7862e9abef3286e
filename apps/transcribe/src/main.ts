import { Command, CommanderError, Option } from 'commander'
import { runCommandLine, UsageError } from '@parlance/nn/command-line'
import { FORMATS } from './formats.js'
import { count } from './options.js'
import { addSearchFlags } from './search-flags.js'
import { evaluate, type EvaluateFlags } from './evaluate.js'
import { align, type AlignFlags } from './modular-align.js'
import { transcribe, type TranscribeFlags } from './transcribe.js'
import { addConfigFlags, train, type TrainFlags } from './train.js'

function batchSize(): Option {
  return new Option('--batch-size <n>', 'pieces of audio computed together; never changes a result').argParser(count('--batch-size')).default(8)
}

function threads(): Option {
  return new Option('--threads <n>', 'threads; default all cores').argParser(count('--threads'))
}

function commands(): Command {
  const program = new Command('parlance-transcribe')
    .description('Speech to text from WAV files.')
    .argument('[files...]', 'WAV files of any rate and channels, or folders of them; - or nothing reads one from standard input')
    .option('--model <dir>', 'model folder that train wrote (default: that of @parlance/transcribe-digits, English digits)')
    .addOption(new Option('--format <format>', 'text: the text, or "file TAB text" for several files; srt, vtt: captions of one; json: an array of file, text, duration, words').choices(FORMATS).default('text'))
    .addOption(new Option('--n-best <n>', 'alternatives of each recording in json, at most the beam').argParser(count('--n-best')).default(1))
    .option('--stream', 'hear recordings bit by bit, with partial results on standard error: "what stays|what may change"; standard input is raw 16-bit samples')
    .addOption(new Option('--input-rate <hz>', 'sample rate of raw samples on standard input; default the model\'s').argParser(count('--input-rate')))
    .addOption(batchSize())
    .addOption(threads())
    .enablePositionalOptions()
  addSearchFlags(program)
    .addHelpText('after', `
Examples:
  $ parlance-transcribe digits.wav
  $ parlance-transcribe train --data train.jsonl --valid valid.jsonl --output runs/speech --sample-rate 8000
  $ parlance-transcribe --model runs/speech speech.wav
  $ parlance-transcribe --model runs/speech --format json recordings > transcripts.json
  $ parlance-transcribe --model runs/speech --format srt --beam-size 4 --bias names.txt --lm text.ngram speech.wav > speech.srt
  $ arecord -q -t raw -f S16_LE -c 1 -r 16000 | parlance-transcribe --stream --input-rate 16000
  $ parlance-transcribe evaluate --model runs/speech --data test.jsonl`)
    .action((files: string[], flags: TranscribeFlags) => transcribe(files, flags))

  const training = program
    .command('train')
    .description('Train a CTC model, a transducer or an attention encoder–decoder from a manifest: JSONL, one {"audio": "path.wav", "text": "…"} a line.')
    .requiredOption('--data <file>', 'manifest to train on')
    .option('--valid <file>', 'manifest that decides which model is best; without it the last one is kept')
    .requiredOption('--output <dir>', 'model folder to write')
    .option('--config <file>', 'settings as JSON; flags go before them')
    .option('--tokenizer <file>', 'tokenizer.json whose first token is <blank>; default: the units of the transcripts')
    .option('--lexicon <file>', 'pronunciations: trains a model of their phones, for --lexicon of the transcribing command')
    .option('--init <dir>', 'model folder whose encoder, and whatever else has the same shape, to begin with')
    .addOption(new Option('--device <name>', 'what computes; auto: a GPU where there is one').choices(['auto', 'cpu']).default('auto'))
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--json', 'print the result as JSON')
    .action((flags: TrainFlags & Record<string, unknown>) => train(flags))
  addConfigFlags(training).addHelpText('after', `
Examples:
  $ parlance-transcribe train --data train.jsonl --valid valid.jsonl --output runs/speech
  $ parlance-transcribe train --data train.jsonl --output runs/speech --architecture transducer --encoder conformer --causal true
  $ parlance-transcribe train --data train.jsonl --output runs/speech --config speech.json --max-minutes 10
  $ parlance-transcribe train --data train.jsonl --output runs/speech --config speech.json --resume`)

  program
    .command('align')
    .description('When the words of transcripts are spoken, and how: the manifest with times of words, for --emission-delay and --splice of train.')
    .requiredOption('--model <dir>', 'model folder of phones, which train --lexicon wrote')
    .requiredOption('--data <file>', 'manifest with transcripts')
    .requiredOption('--lexicon <file>', 'pronunciations')
    .addOption(threads())
    .addHelpText('after', `
Example:
  $ parlance-transcribe align --model runs/phones --lexicon words.dic --data train.jsonl > timed.jsonl`)
    .action((flags: AlignFlags) => align(flags))

  const evaluation = program
    .command('evaluate')
    .description('Word error rate of a model on a manifest, with what is confused, by speaker where the manifest has a field "speaker".')
    .requiredOption('--model <dir>', 'model folder')
    .requiredOption('--data <file>', 'manifest with the right transcripts')
    .addOption(new Option('--normalization <kind>', 'what is done to both sides first').choices(['none', 'lowercase', 'lowercase-no-punctuation']).default('none'))
    .option('--report <file>', 'HTML page to write: every recording with what was said above what was heard')
    .option('--learn-familiarity', 'store how these transcripts look in the model folder, so that audio which the model does not know is warned of; training does it')
    .option('--json', 'print as JSON, with every transcript')
    .addOption(batchSize())
    .addOption(threads())
  addSearchFlags(evaluation).addHelpText('after', `
Examples:
  $ parlance-transcribe evaluate --model runs/speech --data test.jsonl
  $ parlance-transcribe evaluate --model runs/speech --data test.jsonl --beam-size 4 --lm text.ngram --report errors.html`)
    .action((flags: EvaluateFlags) => evaluate(flags))

  program
    .command('export')
    .description('Write a streaming transducer as encoder.onnx, decoder.onnx, joiner.onnx and tokens.txt, which sherpa-onnx runs.')
    .requiredOption('--model <dir>', 'model folder: a transducer with a causal encoder and a stateless predictor')
    .requiredOption('--output <dir>', 'folder to write')
    .addHelpText('after', `
Example:
  $ parlance-transcribe export --model runs/speech --output sherpa`)
    .action(async ({ model, output }: { model: string; output: string }) => {
      const { exportForSherpa } = await import('@parlance/asr/training')
      await exportForSherpa(model, output)
    })

  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} }).showHelpAfterError(false)
  }
  return program
}

await runCommandLine('parlance-transcribe', async () => {
  try {
    await commands().parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''))
  }
})
