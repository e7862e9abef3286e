import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { GraphSession, WorkerPool } from '@parlance/runtime/session'
import { loadTokenizer, type Tokenizer } from '@parlance/tokenizer'
import { checkWeights } from './check-weights.js'
import type { ModelConfig } from './model-config.js'
import { readFolderConfig } from './folder-config.js'
import { fedBack, GraphTranslationModel, paddedLength } from './graph-model.js'
import { defaultThreads, LINES_OF_A_WORKER, type LoadOptions, workersOf } from './load-options.js'
import { tokenPieces } from './search/pieces.js'
import { type Hypothesis, type Sentence, TranslationSearch } from './search/search.js'
import {
  checkTranslateOptions,
  type SearchSettings,
  type SourceLine,
  type StreamOptions,
  type TranslateOptions,
} from './search/translate-options.js'
import { writeOutUnknowns } from './search/unknown-words.js'
import { languagePrefix, targetLanguages } from './multilingual/languages.js'
import { readShortlist } from './shortlist/shortlist-file.js'
import type { Shortlist } from './shortlist/shortlist.js'
import { END } from './special-tokens.js'
import { checkSpecialTokens, encodeSource } from './text-codec.js'
import type { WorkerTask, WorkerSetup } from './workers/messages.js'

export interface Translation {
  /** That of the best hypothesis, or of the first draw; empty for a blank line. */
  readonly text: string
  /** Best first, or in the order of drawing; at most `nBest`, none for a blank line. */
  readonly hypotheses: readonly Hypothesis[]
  /** The text of each token of the source. */
  readonly sourcePieces: readonly string[]
  /** Whether the source was longer than `MAX_SOURCE_TOKENS` and only its beginning was translated. */
  readonly truncated: boolean
}

/** Longer sources are cut: attention needs memory that grows with the square of the length. */
export const MAX_SOURCE_TOKENS = 512

/** Of one batch at most: source positions, padding included, and hypotheses. */
const MAX_BATCH_POSITIONS = 8192
const MAX_BATCH_HYPOTHESES = 512

/** Other processes that translate with this one. */
interface Workers {
  readonly count: number
  readonly pool: WorkerPool<WorkerSetup, WorkerTask, Translation[]>
}

/** A trained model, ready to translate. Needs no TF.js. */
export class Translator {
  /** The languages that `to` may name; none for a model of one language pair. */
  readonly languages: readonly string[]
  private readonly whole: GraphTranslationModel
  private readonly shortlisted: GraphTranslationModel | undefined
  private readonly search: TranslationSearch

  constructor(
    readonly tokenizer: Tokenizer,
    config: ModelConfig,
    private readonly encoder: GraphSession,
    private readonly decoder: GraphSession,
    shortlist?: Shortlist,
    private readonly others?: Workers,
  ) {
    this.languages = targetLanguages(tokenizer)
    this.whole = new GraphTranslationModel(encoder, decoder, config)
    this.shortlisted = shortlist && new GraphTranslationModel(encoder, decoder, config, shortlist)
    this.search = new TranslationSearch(this.whole, tokenizer, this.shortlisted)
  }

  /**
   * Loads a model folder: `config.json`, `tokenizer.json`, `model.safetensors`, `encoder.onnx`, `decoder.onnx`.
   *
   * @throws Error, one line, when a file is missing, damaged, or does not go with the others
   * @throws UsageError for a number of workers that is none
   */
  static async load(folder: string, { workers: wantedWorkers, ...given }: LoadOptions = {}): Promise<Translator> {
    if (!existsSync(folder)) throw new Error(`${folder}: there is no such model folder.`)
    const { model, tokenizer: wanted, quantization } = readFolderConfig(folder)
    const tokenizerFile = join(folder, 'tokenizer.json')
    const tokenizer = await loadTokenizer(tokenizerFile)
    if (tokenizer.hash !== wanted.hash) {
      throw new Error(
        `${tokenizerFile}: is not the tokenizer that the model was trained with (hash ${tokenizer.hash.slice(0, 12)}…, ` +
          `config.json wants ${wanted.hash.slice(0, 12)}…): put the original back.`,
      )
    }
    checkSpecialTokens(tokenizer, tokenizerFile)
    checkWeights(join(folder, 'model.safetensors'), model, quantization?.scheme)
    const options = { threads: defaultThreads(model.width), ...given }
    const workers = workersOf(wantedWorkers, options.threads)
    const [encoder, decoder] = ['encoder.onnx', 'decoder.onnx'].map((name) => {
      const file = join(folder, name)
      if (existsSync(file)) return GraphSession.load(file, { ...options, stays: fedBack })
      throw new Error(`${file}: there is no such file: run "parlance-translate export --model ${folder}" to write it.`)
    }) as [GraphSession, GraphSession]
    const shortlist = decoder.inputs.some(({ name }) => name === 'columns') ? readShortlist(folder, model.vocabSize) : undefined
    const others = workers > 1 && encoder.device === 'cpu' ? { count: workers - 1, pool: poolOf({ folder, options }) } : undefined
    return new Translator(tokenizer, model, encoder, decoder, shortlist, others)
  }

  /**
   * Translates a line, or lines, in their order. A line gets the same translation alone and in any company, draws
   * included, which go by its number.
   *
   * @throws UsageError for an option that cannot work
   */
  async translate(line: string | SourceLine, options?: TranslateOptions): Promise<Translation>
  async translate(lines: readonly (string | SourceLine)[], options?: TranslateOptions): Promise<Translation[]>
  async translate(
    input: string | SourceLine | readonly (string | SourceLine)[],
    options: TranslateOptions = {},
  ): Promise<Translation | Translation[]> {
    const settings = checkTranslateOptions(options)
    if (isLines(input)) return this.translateLines(input, settings, options)
    return (await this.translateLines([input], settings, options))[0] as Translation
  }

  /**
   * Translates a line greedily and yields what there is of the translation after each token; returns the whole. Other
   * work of the program gets its turn between tokens.
   *
   * @throws UsageError for an option that cannot work
   */
  async *stream(line: string | SourceLine, options: StreamOptions = {}): AsyncGenerator<string, Translation> {
    const settings = checkTranslateOptions({ ...options, beamSize: 1 })
    const sentence = this.prepare(asLine(line), 0, settings)
    if (sentence === undefined) return NOTHING
    let last: Hypothesis | undefined
    for await (const hypothesis of this.search.stream(sentence, settings)) {
      if (hypothesis.text !== (last?.text ?? '')) yield hypothesis.text.replace(UNFINISHED, '')
      last = hypothesis
      await setImmediate()
    }
    return translationOf(sentence, last === undefined ? [] : [last])
  }

  /** Frees the graphs and ends the workers. */
  dispose(): void {
    this.others?.pool.dispose()
    this.whole.dispose()
    this.shortlisted?.dispose()
    this.encoder.dispose()
    this.decoder.dispose()
  }

  private async translateLines(
    lines: readonly (string | SourceLine)[],
    settings: SearchSettings,
    options: TranslateOptions,
  ): Promise<Translation[]> {
    const batches = this.batches(lines, settings)
    const workers = Math.min(this.others?.count ?? 0, Math.floor(lines.length / LINES_OF_A_WORKER))
    const here = async (task: readonly Sentence[][]): Promise<Translation[]> => {
      const translations: Translation[] = []
      for (const batch of task) {
        const found = await this.search.run(batch, settings)
        for (const [i, sentence] of batch.entries()) translations.push(translationOf(sentence, found[i] as Hypothesis[]))
        if (workers > 0) await setImmediate()
      }
      return translations
    }
    const message = (task: readonly Sentence[][]): WorkerTask => ({
      lines: task.flat().map(({ line, number }) => ({ ...asLine(lines[line] as string | SourceLine), number })),
      options,
    })
    const tasks = workers > 0 ? inTasks(batches) : [batches]
    const found = workers > 0 ? await this.others?.pool.run(tasks, { here, message, workers }) : undefined
    const results = lines.map(() => NOTHING)
    for (const [i, task] of tasks.entries()) {
      const translations = found?.[i] ?? (await here(task))
      for (const [j, { line }] of task.flat().entries()) results[line] = translations[j] as Translation
    }
    return results
  }

  /** Sentences of one padded length, the longest first, which would otherwise keep others waiting at the end. */
  private batches(lines: readonly (string | SourceLine)[], settings: SearchSettings): Sentence[][] {
    const groups = new Map<string, { length: number; sentences: Sentence[] }>()
    for (const [place, line] of lines.entries()) {
      const sentence = this.prepare(asLine(line), place, settings)
      if (sentence === undefined) continue
      const length = paddedLength(sentence.source.length)
      // Sentences that may say other tokens than their shortlists have search apart.
      const key = `${length} ${this.search.needsWholeVocabulary(sentence, settings)}`
      const group = groups.get(key)
      if (group) group.sentences.push(sentence)
      else groups.set(key, { length, sentences: [sentence] })
    }
    const { method, batchSize } = settings
    const hypotheses = method.kind === 'beam' ? method.beamSize : method.draws
    const batches: Sentence[][] = []
    for (const { length, sentences } of [...groups.values()].sort((a, b) => b.length - a.length)) {
      const most = Math.min(MAX_BATCH_POSITIONS / length, MAX_BATCH_HYPOTHESES / hypotheses)
      const rows = Math.max(1, Math.min(batchSize, Math.floor(most)))
      for (let start = 0; start < sentences.length; start += rows) batches.push(sentences.slice(start, start + rows))
    }
    return batches
  }

  /** Undefined for a blank line. */
  private prepare(line: SourceLine, place: number, settings: SearchSettings): Sentence | undefined {
    const text = line.text.trim()
    if (text === '') return undefined
    const prefix = languagePrefix(this.tokenizer, this.languages, settings.to)
    const whole = encodeSource(this.tokenizer, text, prefix)
    const truncated = whole.length > MAX_SOURCE_TOKENS
    const source = truncated ? whole.slice(0, MAX_SOURCE_TOKENS) : whole
    if (truncated) source[MAX_SOURCE_TOKENS - 1] = END
    const tokens = source.subarray(0, -1)
    const shown = tokenPieces(this.tokenizer, tokens).fill('', 0, prefix.length)
    const pieces = writeOutUnknowns(` ${text}`, tokens, shown)
    const wishes = this.search.wishes(line, place, source.length, settings)
    return { line: place, number: line.number ?? place, source, pieces, truncated, ...wishes }
  }
}

/** Lines of a task at least: of fewer, the messages would cost too much. */
const LINES_OF_A_TASK = 16

/** Batches in a row together, so that each task has enough lines. */
function inTasks(batches: readonly Sentence[][]): Sentence[][][] {
  const tasks: Sentence[][][] = []
  let lines = Infinity
  for (const batch of batches) {
    if (lines >= LINES_OF_A_TASK) {
      tasks.push([])
      lines = 0
    }
    tasks.at(-1)?.push(batch)
    lines += batch.length
  }
  return tasks
}

function poolOf(setup: WorkerSetup): Workers['pool'] {
  return new WorkerPool(new URL('./workers/service.js', import.meta.url), setup)
}

const NOTHING: Translation = { text: '', hypotheses: [], sourcePieces: [], truncated: false }

/** The end of a text whose last character has not all its bytes yet. */
const UNFINISHED = /\uFFFD+$/u

function isLines(input: string | SourceLine | readonly (string | SourceLine)[]): input is readonly (string | SourceLine)[] {
  return Array.isArray(input)
}

function asLine(line: string | SourceLine): SourceLine {
  return typeof line === 'string' ? { text: line } : line
}

function translationOf({ pieces, truncated }: Sentence, hypotheses: readonly Hypothesis[]): Translation {
  return { text: hypotheses[0]?.text ?? '', hypotheses, sourcePieces: pieces, truncated }
}
