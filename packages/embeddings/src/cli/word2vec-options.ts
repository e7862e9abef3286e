import { type Command, Option } from 'commander'
import { positiveNumber, wholeNumber } from './numbers.js'

/** Flags of `parlance-embed word2vec` as they come; a flag that was not given is not there. */
export interface Word2VecFlags {
  readonly input: readonly string[]
  readonly output: string
  readonly format?: 'text' | 'binary' | 'safetensors' | 'fasttext'
  readonly saveModel?: string
  readonly continue?: string
  readonly resume?: true
  readonly dim?: number
  readonly model?: 'skip-gram' | 'cbow'
  readonly loss?: 'ns' | 'hs'
  readonly window?: number
  readonly negatives?: number
  readonly sample?: number
  readonly noiseExponent?: number
  readonly learningRate?: number
  readonly epochs?: number
  readonly minCount?: number
  readonly maxVocab?: number
  readonly minN?: number
  readonly maxN?: number
  readonly buckets?: number
  readonly phrases?: number
  readonly phraseThreshold?: number
  readonly threads?: number
  readonly seed?: number
  readonly json?: true
}

const EXAMPLES = `
Flags of word2vec.c and fastText are understood too: -size, -negative, -iter, -hs 1, -cbow 1, -minCount, -minn, …

Examples:
  parlance-embed word2vec books/*.txt.gz -o books.vec
  parlance-embed word2vec -train text8 -output text8.bin -size 200 -window 8 -sample 1e-4 -iter 15
  parlance-embed word2vec books.txt --min-n 3 --max-n 6 -o books.bin        # n-grams: a fastText model
  parlance-embed word2vec more.txt --continue model -o all.vec              # new words and old ones`

/** The flags, in groups of what they are about. */
export function addWord2VecOptions(command: Command): Command {
  return command
    .description('Learn word vectors from texts: a line is a sentence, spaces separate words; gzip is unpacked.')
    .argument('[files...]', 'texts to learn from (default: standard input)')
    .addOption(new Option('--input <file>', 'a text to learn from; may be repeated').argParser(collect).default([], 'none').hideHelp())
    .option('-o, --output <file>', 'where to write the vectors', 'vectors.vec')
    .addOption(
      new Option('--format <format>', 'default: by the name; .bin is word2vec\'s, with n-grams fastText\'s')
        .choices(['text', 'binary', 'safetensors', 'fasttext']),
    )
    .option('--save-model <dir>', 'also keep both tables after each epoch, so that training can go on')
    .option('--resume', 'go on after the last epoch that --save-model has kept, with the same flags')
    .option('--continue <model>', 'go on with a trained model (a folder or a fastText .bin) on other texts, new words included')
    .option('--dim <n>', 'width of a vector (default: 100)', wholeNumber(1))
    .addOption(new Option('--model <name>', 'architecture (default: skip-gram)').choices(['skip-gram', 'cbow']))
    .addOption(new Option('--loss <name>', 'negative sampling or hierarchical softmax (default: ns)').choices(['ns', 'hs']))
    .option('--window <n>', 'words to either side at most (default: 5)', wholeNumber(1))
    .option('--negatives <n>', 'noise words (default: 5)', wholeNumber(1))
    .option('--sample <share>', 'leave out words more frequent than this at random; 0: none (default: 1e-3)', positiveNumber)
    .option('--noise-exponent <x>', 'noise words are drawn by count to this power (default: 0.75)', positiveNumber)
    .option('--learning-rate <x>', 'of the first step (default: 0.025, with CBOW 0.05)', positiveNumber)
    .option('--epochs <n>', 'times through the texts (default: 5)', wholeNumber(1))
    .option('--min-count <n>', 'rarer words are left out (default: 5)', wholeNumber(1))
    .option('--max-vocab <n>', 'words at most, most frequent first (default: all)', wholeNumber(2))
    .option('--min-n <n>', 'characters of the shortest n-gram (default: no n-grams)', wholeNumber(0))
    .option('--max-n <n>', 'characters of the longest n-gram; 0: no n-grams (default: 6 with --min-n)', wholeNumber(0))
    .option('--buckets <n>', 'rows that n-grams share (default: 2000000)', wholeNumber(1))
    .option('--phrases <n>', 'passes that join phrases, such as new_york (default: 0)', wholeNumber(0))
    .option('--phrase-threshold <x>', 'the score that makes a phrase (default: 100)', positiveNumber)
    .option('--threads <n>', 'default: the processors that there are; 1 repeats exactly', wholeNumber(1))
    .option('--seed <n>', 'default: 1', wholeNumber(0))
    .option('--json', 'write a summary as an object')
    .addHelpText('after', EXAMPLES)
}

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
