import { type FusionOptions, type LoadOptions, PhraseAutomaton, readPhrases } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'
import { END_OF_LINE, loadNgram, UNKNOWN } from '@parlance/ngram'
import { type Command, Option } from 'commander'
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
  lmWeight: number
  insertionBonus: number
  internalLmWeight: number
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
    .option('--lm <file>', 'n-gram model over the model\'s tokens, or over words where these are its tokens')
    .addOption(new Option('--lm-weight <x>', 'of the n-gram model').argParser(number('--lm-weight')).default(0.3))
    .addOption(new Option('--insertion-bonus <x>', 'added for each token').argParser(number('--insertion-bonus')).default(0))
    .addOption(new Option('--internal-lm-weight <x>', 'of what a transducer expects without hearing, which is subtracted').argParser(number('--internal-lm-weight')).default(0))
}

/**
 * What these flags mean for `Transcriber.load`.
 *
 * @throws UsageError or NgramError, one line, for files that cannot be read
 */
export function loadOptions(flags: SearchFlags): LoadOptions {
  const { threads, beamSize, maxSymbols, synchrony, blankPenalty, bias, lm, insertionBonus, internalLmWeight } = flags
  const fused = bias !== undefined || lm !== undefined || insertionBonus !== 0 || internalLmWeight !== 0
  return {
    beamSize, maxSymbols, synchrony, blankPenalty,
    ...(threads !== undefined && { threads }),
    ...(fused && { fusion: (tokenizer: Tokens) => fusion(flags, tokenizer) }),
  }
}

function fusion({ bias, lm, lmWeight, insertionBonus, internalLmWeight }: SearchFlags, tokenizer: Tokens): FusionOptions {
  return {
    insertionBonus,
    internalWeight: internalLmWeight,
    ...(lm !== undefined && { ...languageModel(lm, tokenizer), languageModelWeight: lmWeight }),
    ...(bias !== undefined && { phrases: new PhraseAutomaton(readPhrases(bias, tokenizer)) }),
  }
}

function languageModel(file: string, tokenizer: Tokens): Pick<FusionOptions, 'languageModel' | 'languageModelEnd'> {
  const { model, words } = loadNgram(file)
  const end = model.eos ?? words?.indexOf(END_OF_LINE) ?? -1
  const ending = end < 0 ? {} : { languageModelEnd: (state: unknown) => model.score(state as Int32Array, end) }
  if (words) return { languageModel: overWords(model, wordIds(file, words, tokenizer)), ...ending }
  // Sentences have an end besides.
  const { vocabSize } = tokenizer
  if (model.vocabSize !== vocabSize + (model.eos === vocabSize ? 1 : 0)) {
    throw new UsageError(`${file}: it counts ${model.vocabSize} tokens, the model has ${vocabSize}: train it on text encoded with the model's tokenizer.json.`)
  }
  return { languageModel: model, ...ending }
}

/** Of each token of the recogniser the word's id in the language model. */
function wordIds(file: string, words: readonly string[], tokenizer: Tokens): Int32Array {
  const known = new Map(words.map((word, id) => [word, id]))
  const ids = Array.from({ length: tokenizer.vocabSize }, (_, token) => known.get(tokenizer.idToToken(token)))
  // The blank is no word.
  const found = ids.filter((id, token) => token > 0 && id !== undefined).length
  if (found < (ids.length - 1) / 2) {
    throw new UsageError(`${file}: its words have only ${found} of the model's ${ids.length - 1} tokens among them: train it on text that is split into such tokens.`)
  }
  const missing = ids.findIndex((id, token) => token > 0 && id === undefined)
  const unknown = known.get(UNKNOWN)
  if (missing > 0 && unknown === undefined) {
    throw new UsageError(`${file}: it does not know the model's token ${JSON.stringify(tokenizer.idToToken(missing))}: train it on text with all of them.`)
  }
  return Int32Array.from(ids, (id) => id ?? unknown ?? 0)
}

/** @param ids of each token of the recogniser */
function overWords(model: ReturnType<typeof loadNgram>['model'], ids: Int32Array): NonNullable<FusionOptions['languageModel']> {
  return {
    initial: () => model.initial(),
    score: (state, token) => model.score(state as Int32Array, ids[token] as number),
    advance: (state, token) => model.advance(state as Int32Array, ids[token] as number),
  }
}
