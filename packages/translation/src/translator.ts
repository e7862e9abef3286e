import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { averageLength, beamSearch, suppressTokens } from '@parlance/decoding'
import { UsageError } from '@parlance/nn/command-line'
import { GraphSession } from '@parlance/runtime/session'
import { loadTokenizer, type Tokenizer } from '@parlance/tokenizer'
import { checkWeights } from './check-weights.js'
import type { ModelConfig } from './config.js'
import { readFolderConfig } from './folder-config.js'
import { GraphTranslationModel, paddedLength } from './graph-model.js'
import { END, PAD, START, UNKNOWN } from './special-tokens.js'
import { checkSpecialTokens, decodeText, encodeSource } from './text-codec.js'

export interface TranslateOptions {
  /** Hypotheses kept while searching; 1 is greedy. Default 4. */
  beamSize?: number
  /** Translations of each line, at most `beamSize`. Default 1. */
  nBest?: number
  /** Hypotheses are ranked by log-probability / length^lengthPenalty. Default 1, the average. */
  lengthPenalty?: number
  /** Tokens of a translation at most; default twice those of the source and 10 more. */
  maxLength?: number
  /** Lines translated at once at most; it changes speed and memory, never a translation. Default 32. */
  batchSize?: number
}

export interface Hypothesis {
  readonly text: string
  /** Natural-log probability over the length penalty: what ranks. */
  readonly score: number
  /** Natural-log probability, the end token included. */
  readonly logProb: number
  readonly tokens: Int32Array
}

export interface Translation {
  /** That of the best hypothesis; empty for a blank line. */
  readonly text: string
  /** Best first, at most `nBest`; none for a blank line. */
  readonly hypotheses: readonly Hypothesis[]
  /** Whether the source was longer than `MAX_SOURCE_TOKENS` and only its beginning was translated. */
  readonly truncated: boolean
}

export interface LoadOptions {
  /** Threads within one operator; all cores by default. */
  threads?: number
}

/** Longer sources are cut: attention needs memory that grows with the square of the length. */
export const MAX_SOURCE_TOKENS = 512

/** Source positions, padding included, of one batch at most. */
const MAX_BATCH_POSITIONS = 8192

/** A trained model, ready to translate. Needs no TF.js. */
export class Translator {
  private readonly model: GraphTranslationModel

  constructor(
    readonly tokenizer: Tokenizer,
    config: ModelConfig,
    private readonly encoder: GraphSession,
    private readonly decoder: GraphSession,
  ) {
    this.model = new GraphTranslationModel(encoder, decoder, config)
  }

  /**
   * Loads a model folder: `config.json`, `tokenizer.json`, `model.safetensors`, `encoder.onnx`, `decoder.onnx`.
   *
   * @throws Error, one line, when a file is missing, damaged, or does not go with the others
   */
  static async load(folder: string, options: LoadOptions = {}): Promise<Translator> {
    if (!existsSync(folder)) throw new Error(`${folder}: there is no such model folder.`)
    const { model, tokenizer: wanted } = readFolderConfig(folder)
    const tokenizerFile = join(folder, 'tokenizer.json')
    const tokenizer = await loadTokenizer(tokenizerFile)
    if (tokenizer.hash !== wanted.hash) {
      throw new Error(
        `${tokenizerFile}: is not the tokenizer that the model was trained with (hash ${tokenizer.hash.slice(0, 12)}…, ` +
          `config.json wants ${wanted.hash.slice(0, 12)}…): put the original back.`,
      )
    }
    checkSpecialTokens(tokenizer, tokenizerFile)
    checkWeights(join(folder, 'model.safetensors'), model)
    const [encoder, decoder] = ['encoder.onnx', 'decoder.onnx'].map((name) => {
      const file = join(folder, name)
      if (existsSync(file)) return GraphSession.load(file, options)
      throw new Error(`${file}: there is no such file: run "parlance-translate export --model ${folder}" to write it.`)
    }) as [GraphSession, GraphSession]
    return new Translator(tokenizer, model, encoder, decoder)
  }

  /**
   * Translates lines, in their order. A line gets the same translation alone and in any company.
   *
   * @throws UsageError for an option that cannot work
   */
  async translate(lines: readonly string[], options: TranslateOptions = {}): Promise<Translation[]> {
    checkTranslateOptions(options)
    const { batchSize = 32 } = options
    const results = lines.map((): Translation => ({ text: '', hypotheses: [], truncated: false }))
    const byLength = new Map<number, Sentence[]>()
    for (const [line, text] of lines.entries()) {
      if (text.trim() === '') continue
      const sentence = this.prepare(line, text.trim())
      const length = paddedLength(sentence.source.length)
      const group = byLength.get(length)
      if (group) group.push(sentence)
      else byLength.set(length, [sentence])
    }
    for (const [length, group] of byLength) {
      const rows = Math.max(1, Math.min(batchSize, Math.floor(MAX_BATCH_POSITIONS / length)))
      for (let start = 0; start < group.length; start += rows) {
        const batch = group.slice(start, start + rows)
        const found = await this.search(batch, options)
        for (const [i, { line, truncated }] of batch.entries()) {
          const hypotheses = found[i] as Hypothesis[]
          results[line] = { text: hypotheses[0]?.text ?? '', hypotheses, truncated }
        }
      }
    }
    return results
  }

  /** Frees the graphs. */
  dispose(): void {
    this.encoder.dispose()
    this.decoder.dispose()
  }

  private prepare(line: number, text: string): Sentence {
    const source = encodeSource(this.tokenizer, text)
    if (source.length <= MAX_SOURCE_TOKENS) return { line, source, truncated: false }
    const cut = source.slice(0, MAX_SOURCE_TOKENS)
    cut[MAX_SOURCE_TOKENS - 1] = END
    return { line, source: cut, truncated: true }
  }

  private async search(batch: readonly Sentence[], options: TranslateOptions): Promise<Hypothesis[][]> {
    const { beamSize = 4, nBest = 1, lengthPenalty = 1, maxLength = Infinity } = options
    const sources = batch.map(({ source }) => source)
    const found = await beamSearch(this.model, sources, {
      prompts: sources.map(() => [START]),
      eos: END,
      maxLength: (i) => Math.min(maxLength, 2 * (sources[i] as Int32Array).length + 10),
      beamSize,
      nBest,
      lengthPenalty: averageLength(lengthPenalty),
      filters: [NEVER_SAID],
    })
    return found.map((hypotheses) =>
      hypotheses.map(({ tokens, score, logProb }) => ({ text: decodeText(this.tokenizer, tokens), score, logProb, tokens })),
    )
  }
}

interface Sentence {
  readonly line: number
  readonly source: Int32Array
  readonly truncated: boolean
}

const NEVER_SAID = suppressTokens([START, PAD, UNKNOWN])

/** @throws UsageError for an option that cannot work */
export function checkTranslateOptions(options: TranslateOptions): void {
  const { beamSize = 4, nBest = 1, lengthPenalty = 1, maxLength = 1, batchSize = 1 } = options
  for (const [name, value] of Object.entries({ beamSize, nBest, maxLength, batchSize })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw new UsageError(`${name} must be a whole number of 1 or more, got ${value}.`)
    }
  }
  if (nBest > beamSize) throw new UsageError(`nBest must be at most beamSize, ${beamSize}, got ${nBest}.`)
  if (!(lengthPenalty >= 0 && Number.isFinite(lengthPenalty))) {
    throw new UsageError(`lengthPenalty must be 0 or more, got ${lengthPenalty}.`)
  }
}
