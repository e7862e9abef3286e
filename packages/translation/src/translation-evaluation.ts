import { inference, type ReportFigure, type ReportSection } from '@parlance/nn'
import { jit, tf } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import type { Bleu } from '@parlance/metrics'
import { type Batch, makeBatch, orderedPlans } from './batches.js'
import { chooseBuckets } from './buckets.js'
import type { TrainingConfig } from './config.js'
import type { TrainingData } from './data.js'
import { evaluateTranslator, spread } from './evaluate.js'
import { exampleLength } from './examples.js'
import { type InferenceGraphs, inferenceGraphs } from './inference-graphs.js'
import { type ModelConfig, modelConfig } from './model-config.js'
import type { EncoderDecoder } from './models/encoder-decoder.js'
import type { Pair } from './pairs.js'
import { Translator } from './translator.js'

const SHOWN = 12

/** Measures a model while it trains: loss over all validation pairs, BLEU of greedy translations of some. */
export class TranslationEvaluation {
  private readonly architecture: ModelConfig
  private readonly pairs: readonly Pair[]
  private readonly lossOf: (batch: Batch) => { sum: tf.Tensor; count: tf.Tensor }
  private graphs: InferenceGraphs | undefined
  private last: { bleu: Bleu; translations: readonly string[] } | undefined

  constructor(
    private readonly model: EncoderDecoder,
    private readonly data: TrainingData,
    private readonly config: TrainingConfig,
    private readonly threads: number | undefined,
  ) {
    this.architecture = modelConfig(config, data.tokenizer.vocabSize)
    this.pairs = spread(data.validPairs, config.evaluateSentences)
    this.lossOf = jit((batch: Batch) => ({ ...model.loss(batch, inference) }))
  }

  async run(): Promise<Record<string, number>> {
    const loss = this.loss()
    this.graphs ??= inferenceGraphs(this.model)
    const options = this.threads === undefined ? {} : { threads: this.threads }
    const [encoder, decoder] = [this.graphs.encoder, this.graphs.decoder].map((graph) =>
      GraphSession.load(graph.toOnnx('embedded'), options),
    ) as [GraphSession, GraphSession]
    const translator = new Translator(this.data.tokenizer, this.architecture, encoder, decoder)
    try {
      this.last = await evaluateTranslator(translator, this.pairs, { beamSize: 1 })
    } finally {
      translator.dispose()
    }
    return { loss, bleu: this.last.bleu.score }
  }

  /** Nats per target token, the end token included, without label smoothing and dropout. */
  private loss(): number {
    const { valid } = this.data
    const { batchShapes, batchTokens } = this.config
    const lengths = Array.from({ length: valid.count }, (_, i) => exampleLength(valid, i))
    let [total, tokens] = [0, 0]
    for (const plan of orderedPlans(valid, chooseBuckets(lengths, batchShapes, batchTokens))) {
      const batch = makeBatch(valid, plan)
      const { sum, count } = this.lossOf(batch)
      total += sum.dataSync()[0] as number
      tokens += count.dataSync()[0] as number
      tf.dispose([batch, sum, count])
    }
    return total / tokens
  }

  figures(): ReportFigure[] {
    if (!this.last) return []
    const { score, signature } = this.last.bleu
    const convention = `greedy, ${this.pairs.length} validation sentences, ${signature}`
    return [{ name: 'BLEU', value: score.toFixed(2), convention }]
  }

  /** Translations of the last evaluation. */
  samples(): ReportSection[] {
    const { translations } = this.last ?? {}
    if (!translations) return []
    const shown = spread(this.pairs.map((pair, i) => ({ ...pair, translation: translations[i] as string })), SHOWN)
    const lines = shown.map(({ source, target, translation }) => `source       ${source}\nreference    ${target}\ntranslation  ${translation}`)
    return [{ title: 'Translations', text: lines.join('\n\n') }]
  }
}
