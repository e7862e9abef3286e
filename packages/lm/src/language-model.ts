import { join } from 'node:path'
import { greedy, type LanguageModelScorer, sample, type TokenModel } from '@parlance/decoding'
import { perplexity, type Perplexity } from '@parlance/metrics'
import { UsageError } from '@parlance/nn/command-line'
import { type GraphSession, locateSafetensors, storesFloats } from '@parlance/runtime/session'
import { loadTokenizer, type Tokenizer } from '@parlance/tokenizer'
import type { ModelConfig } from './config.js'
import { loadGraph, SCORE_GRAPH, STEP_GRAPH, WEIGHTS } from './graphs.js'
import { readFolderConfig } from './model-folder.js'
import { savedShapes } from './parameter-names.js'
import { LanguageScorer, type ScorerState } from './scorer.js'
import { tokenize, type TokenizedText } from './text.js'
import { type ScoreOptions, scoreWithLstm, scoreWithTransformer, type TokenScore } from './text-score.js'
import { LanguageTokenModel, type TokenState } from './token-model.js'

export interface LoadOptions {
  /** Threads within one operator; default all cores. */
  readonly threads?: number
}

export interface GenerateOptions {
  /** Tokens to generate; default 100. */
  readonly maxTokens?: number
  /** Divides log-probabilities; default 1, and 0 takes the most probable token each time. */
  readonly temperature?: number
  /** Draw among the k most probable tokens only; default all. */
  readonly topK?: number
  /** Draw among the most probable tokens that together reach this probability; default 1. */
  readonly topP?: number
  /** Default 1. */
  readonly seed?: number
}

/** The figures of a text, with the context that they were measured at. */
export type TextScore = Perplexity & Pick<TokenScore, 'context' | 'stride'>

/** A trained language model in its folder: scores and continues texts. */
export class LanguageModel {
  readonly #folder: string
  readonly #threads: number | undefined
  #scoreGraph: GraphSession | undefined
  #stepGraph: GraphSession | undefined

  private constructor(
    folder: string,
    readonly config: ModelConfig,
    readonly tokenizer: Tokenizer,
    threads: number | undefined,
  ) {
    this.#folder = folder
    this.#threads = threads
  }

  /**
   * Reads a model folder. Graphs are compiled when they are first needed.
   *
   * @throws Error, one line, for a folder that is not a language model's, weights of other shapes than its config says,
   *   or a tokenizer of another vocabulary
   */
  static async load(folder: string, { threads }: LoadOptions = {}): Promise<LanguageModel> {
    const { model, tokenizer: expected } = readFolderConfig(folder)
    const file = join(folder, 'tokenizer.json')
    const tokenizer = await loadTokenizer(file)
    if (tokenizer.hash !== expected.hash) {
      throw new Error(
        `${file}: has another vocabulary (${tokenizer.vocabSize} tokens, hash ${tokenizer.hash.slice(0, 12)}) than the ` +
          `model's (${expected.vocabSize} tokens, hash ${expected.hash.slice(0, 12)}): put back the one it was trained with.`,
      )
    }
    checkWeights(join(folder, WEIGHTS), model)
    return new LanguageModel(folder, model, tokenizer, threads)
  }

  /**
   * Perplexity of a text, given as a string, tokenized, or as token ids (for which words and bytes are not known). The
   * first token is given and not predicted; words and bytes are those of the whole text.
   *
   * @throws UsageError for a context or stride that cannot work
   */
  score(text: string | TokenizedText | Int32Array, options: ScoreOptions = {}): TextScore {
    const counted = typeof text === 'string' ? tokenize(text, this.tokenizer) : text
    const tokens = counted instanceof Int32Array ? counted : counted.tokens
    const { vocabSize } = this.config
    if (tokens.some((id) => id < 0 || id >= vocabSize)) throw new Error(`A token is outside the model's vocabulary of ${vocabSize}.`)
    if (tokens.length < 2) throw new Error(`A text of ${tokens.length} tokens has nothing to predict: two are needed.`)
    const { nll, tokens: predictions, context, stride } = this.#score(tokens, options)
    const { words, bytes } = counted instanceof Int32Array ? {} : counted
    const counts = { tokens: predictions, ...(words && { words }), ...(bytes && { bytes }) }
    return { ...perplexity(nll, counts), context, stride }
  }

  /** Continues a text; the result does not repeat it. The same seed gives the same text. */
  async generate(prompt: string, options: GenerateOptions = {}): Promise<string> {
    const { maxTokens = 100, temperature = 1, seed = 1, topK, topP } = options
    const tokens = this.tokenizer.encode(prompt)
    if (tokens.length === 0) throw new UsageError('The prompt is empty: give one token at least.')
    const search = { prompts: [tokens], eos: [], maxLength: maxTokens }
    const limits = { ...(topK !== undefined && { topK }), ...(topP !== undefined && { topP }) }
    const [hypothesis] =
      temperature === 0
        ? await greedy(this.tokenModel, 1, search)
        : (await sample(this.tokenModel, 1, { ...search, seed, temperature, ...limits })).flat()
    return this.tokenizer.decode(hypothesis?.tokens ?? [])
  }

  /** For the searches of `@parlance/decoding`, whose batch is how many texts there are. */
  get tokenModel(): TokenModel<number, TokenState> {
    return this.#tokenModel()
  }

  /** For score fusion. */
  get scorer(): LanguageModelScorer<ScorerState> {
    return new LanguageScorer(this.#tokenModel())
  }

  dispose(): void {
    this.#scoreGraph?.dispose()
    this.#stepGraph?.dispose()
  }

  #tokenModel(): LanguageTokenModel {
    this.#stepGraph ??= loadGraph(this.#folder, STEP_GRAPH, this.#threads)
    return new LanguageTokenModel(this.#stepGraph, this.config)
  }

  #score(tokens: Int32Array, options: ScoreOptions): TokenScore {
    this.#scoreGraph ??= loadGraph(this.#folder, SCORE_GRAPH, this.#threads)
    if (this.config.type === 'lstm') return scoreWithLstm(this.#scoreGraph, tokens, options)
    return scoreWithTransformer(this.#scoreGraph, this.config, tokens, options)
  }
}

/** @throws Error when the weights in `file` are not those that the config describes. */
function checkWeights(file: string, config: ModelConfig): void {
  const locations = locateSafetensors(file)
  const wanted = savedShapes(config)
  const problems = [...wanted].flatMap(([name, shape]) => {
    const found = locations.get(name)
    if (!found) return [`${name} is missing`]
    if (!storesFloats(found.dtype)) return [`${name} is ${found.dtype}, expected F32, F16 or BF16`]
    return found.shape.join() === shape.join() ? [] : [`${name} has shape [${found.shape.join(', ')}], expected [${shape.join(', ')}]`]
  })
  for (const name of locations.keys()) if (!wanted.has(name)) problems.push(`${name} is not part of the model`)
  if (problems.length === 0) return
  const more = problems.length > 2 ? `; and ${problems.length - 2} more` : ''
  throw new Error(`${file}: the weights are not those that config.json describes: ${problems.slice(0, 2).join('; ')}${more}.`)
}
