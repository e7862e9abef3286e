import { parseConfig } from '@parlance/nn/command-line'
import type { Command } from 'commander'
import { EmbeddingError } from '../errors.js'
import { type TaskKind, TASK_KINDS } from '../starspace/examples.js'
import { evaluateStarSpace, type StarSpaceEvaluation } from '../starspace/evaluate.js'
import { loadStarSpace, saveStarSpace } from '../starspace/model-folder.js'
import { starSpaceConfigSchema, starSpaceTrainingSchema } from '../starspace/options.js'
import { type Prediction, trainStarSpace } from '../starspace/starspace.js'
import { linesOf, readTexts } from '../text/read-texts.js'
import { wordsOf } from '../text/words.js'
import { writeVectors } from '../vectors/files.js'
import { type Io, readStdin } from './io.js'
import { TrainingBar } from './progress.js'
import { settingsOf } from './schema-options.js'
import {
  addEvaluateOptions,
  addPredictOptions,
  addTrainOptions,
  type EvaluateFlags,
  type PredictFlags,
  type TaskFlags,
  type TrainFlags,
} from './starspace-options.js'
import { loadVectors } from './vectors-option.js'

/** `parlance-embed starspace train | predict | evaluate`. */
export function addStarSpace(root: Command, io: Io): void {
  const starspace = root.command('starspace').description('Put texts, labels, pages and users into one space, and ask it for labels and pages.')
  addTrainOptions(starspace.command('train')).action((flags: TrainFlags, command: Command) => trainCommand(flags, command, io))
  addPredictOptions(starspace.command('predict')).action((flags: PredictFlags) => predictCommand(flags, io))
  addEvaluateOptions(starspace.command('evaluate')).action((flags: EvaluateFlags, command: Command) => evaluateCommand(flags, command, io))
}

const schema = starSpaceConfigSchema.extend(starSpaceTrainingSchema.shape)

/** The kinds of examples for which files are named. */
function namedKinds(flags: TaskFlags, command: Command): TaskKind[] {
  const kinds = TASK_KINDS.filter((kind) => flags[kind].length > 0)
  if (kinds.length === 0) command.error("error: name examples by '--tags', '--pages' or '--sentences'")
  return kinds
}

/** Trains a model and saves it. Ctrl-C ends the training early: what has been learnt is saved all the same. */
async function trainCommand(flags: TrainFlags, command: Command, io: Io): Promise<void> {
  const kinds = namedKinds(flags, command)
  const settings = settingsOf(schema, flags)
  const { threads, ...others } = parseConfig(schema, settings, 'the command line')
  const initial = flags.init === undefined ? undefined : (await loadVectors(flags.init)).vectors
  const bar = io.stderr.isTTY ? new TrainingBar(io.stderr, 'examples') : undefined
  const abort = new AbortController()
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(130)
    io.stderr.write('\nStopping; the model so far is saved. Once more to stop at once.\n')
    abort.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    const started = performance.now()
    const texts = Object.fromEntries(kinds.map((kind) => [kind, readTexts(flags[kind])]))
    const { model, epochs } = await trainStarSpace(texts, {
      ...others,
      ...(threads !== undefined && { threads }),
      ...(initial && { initial, ...(!('dimensions' in settings) && { dimensions: initial.width }) }),
      signal: abort.signal,
      ...(bar && { onProgress: (progress) => bar.train(progress) }),
    })
    bar?.stop()
    saveStarSpace(model, flags.output)
    if (flags.vectors !== undefined) writeVectors(flags.vectors, model.vectors())
    const loss = epochs.at(-1)?.loss
    const seconds = Number(((performance.now() - started) / 1000).toFixed(2))
    const summary = {
      output: flags.output,
      words: model.words.length,
      labels: model.labels.length,
      loss: loss === undefined ? null : Number(loss.toFixed(5)),
      interrupted: abort.signal.aborted,
      seconds,
    }
    const early = summary.interrupted ? ', ended early' : ''
    io.stdout.write(
      flags.json
        ? `${JSON.stringify(summary)}\n`
        : `${flags.output}: ${summary.words} words, ${summary.labels} labels, mean loss of the last epoch ${summary.loss}${early}, ${seconds} s\n`,
    )
  } finally {
    bar?.stop()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** Writes labels of texts, or pages that go with others, a line for each line of standard input. */
async function predictCommand({ model: folder, count, pages, json }: PredictFlags, io: Io): Promise<void> {
  const model = loadStarSpace(folder)
  const { names } = model.scorer(pages ? 'pages' : 'tags')
  if (names.length === 0) {
    throw new EmbeddingError(`${folder}: the model knows no ${pages ? 'pages' : 'labels'}: ${pages ? 'leave out --pages' : 'name --pages where it was trained on pages'}.`)
  }
  for await (const { line } of linesOf(readStdin(io))) {
    const words = wordsOf(line)
    const predictions = pages ? model.predictPages(words, count) : model.predictTags(words, count)
    io.stdout.write(json ? `${JSON.stringify({ text: line, predictions: predictions.map(rounded) })}\n` : `${predictions.map(({ label }) => label).join(' ')}\n`)
  }
}

function rounded({ label, score }: Prediction): Prediction {
  return { label, score: Number(score.toFixed(5)) }
}

async function evaluateCommand(flags: EvaluateFlags, command: Command, io: Io): Promise<void> {
  const kinds = namedKinds(flags, command)
  const model = loadStarSpace(flags.model)
  for (const kind of kinds) {
    const figures = await evaluateStarSpace(model, readTexts(flags[kind]), kind)
    io.stdout.write(flags.json ? `${JSON.stringify({ kind, ...figures })}\n` : figuresLine(figures))
  }
}

function figuresLine({ hits, mrr, meanRank, queries, questions, signature }: StarSpaceEvaluation): string {
  const shares = Object.entries(hits).map(([k, share]) => `Hits@${k} ${share.toFixed(4)}`)
  return `${shares.join(', ')}, MRR ${mrr.toFixed(4)}, mean rank ${meanRank.toFixed(2)} (${queries} of ${questions} questions; ${signature})\n`
}
