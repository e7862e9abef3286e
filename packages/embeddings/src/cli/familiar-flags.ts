/** Flags of other programs by our names; those with a value of 0 or 1 by what each value means. */
type FlagNames = Readonly<Record<string, string | readonly [zero: readonly string[], one: readonly string[]]>>

/** Of word2vec.c and fastText. */
const WORD2VEC: FlagNames = {
  // word2vec.c
  train: '--input',
  size: '--dim',
  negative: '--negatives',
  iter: '--epochs',
  alpha: '--learning-rate',
  hs: [[], ['--loss', 'hs']],
  cbow: [['--model', 'skip-gram'], ['--model', 'cbow']],
  binary: [['--format', 'text'], ['--format', 'binary']],
  // fastText
  ws: '--window',
  epoch: '--epochs',
  neg: '--negatives',
  lr: '--learning-rate',
  minCount: '--min-count',
  minn: '--min-n',
  maxn: '--max-n',
  bucket: '--buckets',
  thread: '--threads',
  // Both write them with one dash.
  input: '--input',
  output: '--output',
  dim: '--dim',
  window: '--window',
  sample: '--sample',
  threads: '--threads',
  loss: '--loss',
  'min-count': '--min-count',
}

/** Of StarSpace, and fastText's supervised training. */
const STARSPACE: FlagNames = {
  trainFile: '--tags',
  input: '--tags',
  output: '--output',
  model: '--output',
  initModel: '--init',
  pretrainedVectors: '--init',
  dim: '--dimensions',
  epoch: '--epochs',
  lr: '--learning-rate',
  minCount: '--min-count',
  minCountLabel: '--min-count-label',
  ngrams: '--ngrams',
  wordNgrams: '--ngrams',
  bucket: '--buckets',
  margin: '--margin',
  similarity: '--similarity',
  loss: '--loss',
  negSearchLimit: '--negatives',
  p: '--exponent',
  dropoutLHS: '--dropout',
  adagrad: [['--optimizer', 'sgd'], ['--optimizer', 'adagrad']],
  thread: '--threads',
}

/**
 * Turns arguments of `word2vec` as word2vec.c and fastText take them (`-size 200 -hs 1`, `-minCount 5`) into ours; what is
 * neither stays. Two dashes do as well.
 */
export function familiarFlags(args: readonly string[]): string[] {
  return renamed(args, WORD2VEC)
}

/** The same for `starspace train`, as StarSpace takes them (`-trainFile tags.txt -negSearchLimit 50`). */
export function familiarStarSpaceFlags(args: readonly string[]): string[] {
  return renamed(args, STARSPACE)
}

function renamed(args: readonly string[], names: FlagNames): string[] {
  const result: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const flag = /^--?([A-Za-z][A-Za-z-]*)$/.exec(arg)?.[1]
    const ours = flag !== undefined && Object.hasOwn(names, flag) ? names[flag] : undefined
    if (ours === undefined) result.push(arg)
    else if (typeof ours === 'string') result.push(ours)
    else result.push(...(args[++i] === '1' ? ours[1] : ours[0]))
  }
  return result
}
