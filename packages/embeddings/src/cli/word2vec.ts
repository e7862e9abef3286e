import type { Command } from 'commander'
import { EmbeddingError } from '../errors.js'
import { readCorpus } from '../text/corpus.js'
import { joinPhrases } from '../text/phrases.js'
import { readTexts, type Texts } from '../text/read-texts.js'
import { readFastTextBinary, writeFastTextBinary } from '../vectors/fasttext-binary.js'
import type { EpochReport } from '../threads/run-epochs.js'
import { isFastTextBinary, vectorFormatOf, writeVectors } from '../vectors/files.js'
import { isWord2VecFolder, loadWord2Vec, saveWord2Vec } from '../word2vec/model-folder.js'
import type { Word2VecConfig, Word2VecOptions } from '../word2vec/options.js'
import { Vocabulary } from '../word2vec/vocabulary.js'
import { Word2Vec } from '../word2vec/word2vec.js'
import { type Io, readStdin } from './io.js'
import { TrainingBar } from './progress.js'
import type { Word2VecFlags } from './word2vec-options.js'

/** Trains vectors and writes them. Ctrl-C ends the training early: what has been learnt is written all the same. */
export async function word2vecCommand(files: readonly string[], flags: Word2VecFlags, command: Command, io: Io): Promise<void> {
  checkUsage(flags, command)
  const paths = [...flags.input, ...files]
  if (paths.length === 0 && (flags.phrases ?? 0) > 0) command.error("error: option '--phrases' reads the texts several times: name files")
  const bar = io.stderr.isTTY ? new TrainingBar(io.stderr) : undefined
  const abort = new AbortController()
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(130)
    io.stderr.write('\nStopping; the vectors so far are written. Once more to stop at once.\n')
    abort.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    const started = performance.now()
    const texts = await textsOf(paths, flags, io)
    const { model, epochs } = await train(texts, flags, {
      ...trainingOf(flags),
      signal: abort.signal,
      ...(bar && { onRead: (progress) => bar.read(progress), onProgress: ({ words, totalWords, seconds }) => bar.train({ done: words, total: totalWords, seconds }) }),
    })
    bar?.stop()
    write(model, flags)
    report(model, epochs, { flags, interrupted: abort.signal.aborted, seconds: (performance.now() - started) / 1000 }, io)
  } finally {
    bar?.stop()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function checkUsage(flags: Word2VecFlags, command: Command): void {
  const { minN, maxN } = flags
  if (minN !== undefined && maxN !== undefined && maxN > 0 && minN > maxN) {
    command.error(`error: option '--min-n' must not be larger than '--max-n', got ${minN} and ${maxN}`)
  }
  if (flags.format === 'fasttext' && flags.loss === 'hs') command.error("error: option '--format fasttext' does not go with '--loss hs'")
  if (flags.resume && !flags.saveModel) command.error("error: option '--resume' needs '--save-model', where the model is")
  if (flags.resume && flags.continue !== undefined) command.error("error: option '--resume' does not go with '--continue'")
  const ofModel = { '--dim': flags.dim, '--model': flags.model, '--loss': flags.loss, '--min-n': minN, '--max-n': maxN, '--buckets': flags.buckets }
  const fixed = Object.entries(ofModel).find(([, value]) => value !== undefined)
  if (flags.continue !== undefined && fixed) command.error(`error: option '${fixed[0]}' is settled by the model that '--continue' names`)
}

async function textsOf(paths: readonly string[], flags: Word2VecFlags, io: Io): Promise<Texts> {
  if (paths.length === 0) return () => readStdin(io)
  const { phrases = 0, phraseThreshold, minCount } = flags
  return joinPhrases(readTexts(paths), phrases, {
    ...(phraseThreshold !== undefined && { threshold: phraseThreshold }),
    ...(minCount !== undefined && { minCount }),
  })
}

const TRAINING = ['window', 'negatives', 'sample', 'noiseExponent', 'learningRate', 'epochs', 'minCount', 'threads', 'seed'] as const

function trainingOf(flags: Word2VecFlags): Word2VecOptions {
  const given = Object.fromEntries(TRAINING.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]))
  return { ...given, ...(flags.maxVocab !== undefined && { maxVocabulary: flags.maxVocab }) }
}

function configOf({ dim, model, loss, minN = 0, maxN = minN > 0 ? 6 : 0, buckets = 2_000_000 }: Word2VecFlags): Partial<Word2VecConfig> {
  return {
    ...(dim !== undefined && { dimensions: dim }),
    ...(model && { architecture: model }),
    ...(loss && { loss: loss === 'hs' ? 'hierarchical-softmax' : 'negative-sampling' }),
    subwords: maxN > 0 ? { minN: Math.max(1, minN), maxN, buckets } : null,
  }
}

function loadModel(path: string): Word2Vec {
  if (isWord2VecFolder(path)) return loadWord2Vec(path).model
  if (isFastTextBinary(path)) return readFastTextBinary(path)
  throw new EmbeddingError(`${path}: is neither a folder that --save-model wrote nor a fastText .bin; vectors alone cannot be trained on.`)
}

async function train(texts: Texts, flags: Word2VecFlags, options: Word2VecOptions): Promise<{ model: Word2Vec; epochs: EpochReport[] }> {
  // Broken models are told of before a long text is read.
  const resumed = flags.resume ? loadWord2Vec(flags.saveModel!) : undefined
  const continued = flags.continue === undefined ? undefined : loadModel(flags.continue)
  const corpus = await readCorpus(texts, options.onRead ? { onProgress: options.onRead } : {})
  try {
    const model = resumed?.model ?? (continued ? grown(continued, corpus, options) : create(flags, corpus, options))
    const save = (finishedEpochs: number) => flags.saveModel !== undefined && saveWord2Vec(model, flags.saveModel, { finishedEpochs })
    const firstEpoch = (resumed?.finishedEpochs ?? 0) + 1
    const epochs = await model.train(corpus, { ...options, firstEpoch, onEpoch: ({ epoch }) => void save(epoch) })
    if (options.signal?.aborted) save(firstEpoch - 1 + epochs.length)
    return { model, epochs }
  } finally {
    corpus.dispose()
  }
}

type ReadCorpus = Awaited<ReturnType<typeof readCorpus>>

function create(flags: Word2VecFlags, { words, counts }: ReadCorpus, { minCount = 5, maxVocabulary = Infinity, seed = 1 }: Word2VecOptions): Word2Vec {
  const vocabulary = Vocabulary.of(words, counts, { minCount, maxSize: maxVocabulary })
  if (vocabulary.size === 1) throw new EmbeddingError(`No word is there ${minCount} times: lower --min-count.`)
  return Word2Vec.create(configOf(flags), vocabulary, { seed })
}

function grown(model: Word2Vec, corpus: ReadCorpus, options: Word2VecOptions): Word2Vec {
  return model.config.loss === 'hierarchical-softmax' ? model : model.extended(corpus, options)
}

function formatOf({ output, format }: Word2VecFlags, model: Word2Vec): NonNullable<Word2VecFlags['format']> {
  if (format) return format
  const byName = vectorFormatOf(output)
  return byName === 'binary' && model.config.subwords ? 'fasttext' : byName
}

function write(model: Word2Vec, flags: Word2VecFlags): void {
  const format = formatOf(flags, model)
  if (format === 'fasttext') writeFastTextBinary(flags.output, model, trainingOf(flags))
  else writeVectors(flags.output, model.vectors(), format)
}

function report(
  model: Word2Vec,
  epochs: readonly EpochReport[],
  { flags, interrupted, seconds }: { flags: Word2VecFlags; interrupted: boolean; seconds: number },
  io: Io,
): void {
  const loss = epochs.at(-1)?.loss
  const summary = {
    output: flags.output,
    format: formatOf(flags, model),
    words: model.vocabulary.size,
    dimensions: model.config.dimensions,
    loss: loss === undefined ? null : Number(loss.toFixed(4)),
    interrupted,
    seconds: Number(seconds.toFixed(2)),
  }
  const lossText = loss === undefined ? '' : `, mean loss of the last epoch ${summary.loss}`
  const early = interrupted ? ', ended early' : ''
  io.stdout.write(
    flags.json
      ? `${JSON.stringify(summary)}\n`
      : `${flags.output}: ${summary.words} words of ${summary.dimensions} dimensions${lossText}${early}, ${summary.seconds} s\n`,
  )
}
