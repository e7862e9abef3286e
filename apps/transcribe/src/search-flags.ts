import { type FusionOptions, type LoadOptions, PhraseAutomaton, readLexicon, readPhrases } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'
import { type Command, Option } from 'commander'
import { fusedModel, wordModel } from './language-model.js'
import { count, number } from './options.js'

/** Flags of `addSearchFlags`. */
export interface SearchFlags {
  threads?: number
  beamSize: number
  maxSymbols: number
  synchrony: 'time' | 'label'
  blankPenalty: number
  bias?: string
  lm?: string
  lmWeight?: number
  lexicon?: string
  insertionBonus: number
  internalLmWeight: number
  ctcWeight?: number
}

type Tokens = Parameters<NonNullable<LoadOptions['fusion']>>[0]

/** Gives `command` the flags that say how tokens are searched. */
export function addSearchFlags(command: Command): Command {
  return command
    .addOption(new Option('--beam-size <n>', 'hypotheses kept; 1 is greedy search').argParser(count('--beam-size')).default(1))
    .addOption(new Option('--max-symbols <n>', 'tokens of a frame at most (transducers)').argParser(count('--max-symbols')).default(3))
    .addOption(new Option('--synchrony <kind>', 'hypotheses of a transducer\'s beam have the same time or the same number of steps').choices(['time', 'label']).default('time'))
    .addOption(new Option('--blank-penalty <x>', 'taken from the blank\'s log-probability; above 0 for models that leave words out').argParser(number('--blank-penalty')).default(0))
    .option('--bias <file>', 'phrases to expect, one a line: "PHRASE :WEIGHT", classes as "@digit = ONE | TWO"')
    .option('--lm <file>', 'language model: n-grams of words or of the model\'s tokens (train-ngram\'s file, or ARPA), or a folder of parlance-perplexity train')
    .option('--lexicon <file>', 'pronunciations, "WORD PHONE PHONE …" a line: finds its words with a CTC model of phones')
    .addOption(new Option('--lm-weight <x>', 'of the language model; default 0.3, with a lexicon 1').argParser(number('--lm-weight')))
    .addOption(new Option('--insertion-bonus <x>', 'added for each token, with a lexicon for each word').argParser(number('--insertion-bonus')).default(0))
    .addOption(new Option('--internal-lm-weight <x>', 'of what a transducer expects without hearing, which is subtracted').argParser(number('--internal-lm-weight')).default(0))
    .addOption(new Option('--ctc-weight <x>', 'of the CTC beside a transducer or attention decoder, 0 to 1; default 0 for transducers, else that of the training').argParser(number('--ctc-weight')))
}

/**
 * What these flags mean for `Transcriber.load`.
 *
 * @throws UsageError or NgramError, one line, for files that cannot be read
 */
export async function loadOptions(flags: SearchFlags): Promise<LoadOptions> {
  const { threads, beamSize, maxSymbols, synchrony, blankPenalty, bias, lm, lexicon, insertionBonus, internalLmWeight, ctcWeight } = flags
  const common = threads === undefined ? {} : { threads }
  if (lexicon !== undefined) return { ...common, lexicon: await modular(flags, lexicon) }
  const fused = bias !== undefined || lm !== undefined || insertionBonus !== 0 || internalLmWeight !== 0
  const weighed = ctcWeight === undefined ? {} : { ctcWeight }
  return { ...common, beamSize, maxSymbols, synchrony, blankPenalty, ...weighed, ...(fused && { fusion: (tokenizer: Tokens) => fusion(flags, tokenizer) }) }
}

async function fusion({ bias, lm, lmWeight, insertionBonus, internalLmWeight, threads }: SearchFlags, tokenizer: Tokens): Promise<FusionOptions> {
  return {
    insertionBonus,
    internalWeight: internalLmWeight,
    ...(lm !== undefined && (await fusedModel(lm, tokenizer, threads))),
    ...(lmWeight !== undefined && { languageModelWeight: lmWeight }),
    ...(bias !== undefined && { phrases: new PhraseAutomaton(readPhrases(bias, tokenizer)) }),
  }
}

async function modular(flags: SearchFlags, lexicon: string): Promise<NonNullable<LoadOptions['lexicon']>> {
  const { lm, lmWeight, bias, insertionBonus, internalLmWeight, ctcWeight, blankPenalty, beamSize, threads } = flags
  if (bias !== undefined) throw new UsageError('--bias needs a model of tokens that spell phrases: with --lexicon, add the words to the language model.')
  if (ctcWeight !== undefined) throw new UsageError('--ctc-weight is for transducers and attention decoders: leave it away with --lexicon.')
  if (internalLmWeight !== 0) throw new UsageError('--internal-lm-weight is for transducers: leave it away with --lexicon.')
  return {
    pronunciations: readLexicon(lexicon),
    source: lexicon,
    insertionBonus,
    blankPenalty,
    // One hypothesis would find no words: 1 says that nothing was asked for.
    ...(beamSize > 1 && { beamSize }),
    ...(lmWeight !== undefined && { languageModelWeight: lmWeight }),
    ...(lm !== undefined && { languageModel: await wordModel(lm, threads) }),
  }
}
