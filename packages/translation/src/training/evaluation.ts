import { inference, type ReportFigure, type ReportSection } from '@parlance/nn'
import { jit, tf } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { type Bleu, bleu, type Chrf, chrf } from '@parlance/metrics'
import type { TrainingConfig } from '../config.js'
import { type Batch, makeBatch, orderedPlans } from '../data/batches.js'
import { chooseBuckets } from '../data/buckets.js'
import { exampleLength } from '../data/examples.js'
import type { Pair } from '../data/read-pairs.js'
import type { TrainingData } from '../data/training-data.js'
import { spread } from '../evaluate.js'
import { type InferenceGraphs, inferenceGraphs } from '../inference-graphs.js'
import { defaultThreads } from '../load-options.js'
import { type ModelConfig, modelConfig } from '../model-config.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import { type Direction, directionName } from '../multilingual/languages.js'
import { type Translation, Translator } from '../translator.js'
import { attentionSection } from './attention-map.js'

const SHOWN = 12
const MAPS = 4

/** Validation sentences of one direction, translated. */
interface Scored {
  readonly direction: Direction | undefined
  readonly pairs: readonly Pair[]
  readonly translations: readonly Translation[]
  readonly bleu: Bleu
  readonly chrf: Chrf
}

/** Measures a model while it trains: loss over all validation pairs, BLEU and chrF of greedy translations of some. */
export class TranslationEvaluation {
  private readonly architecture: ModelConfig
  private readonly sets: readonly { direction: Direction | undefined; pairs: readonly Pair[] }[]
  private readonly lossOf: (batch: Batch) => { sum: tf.Tensor; count: tf.Tensor }
  private graphs: InferenceGraphs | undefined
  private last: readonly Scored[] = []

  constructor(
    private readonly model: EncoderDecoder,
    private readonly data: TrainingData,
    private readonly config: TrainingConfig,
    private readonly threads: number | undefined,
  ) {
    this.architecture = modelConfig(config, data.tokenizer.vocabSize)
    this.sets = data.validation.map(({ direction, pairs }) => ({ direction, pairs: spread(pairs, config.evaluateSentences) }))
    this.lossOf = jit((batch: Batch) => ({ ...model.loss(batch, inference) }))
  }

  /** `loss`, and `bleu` and `chrf`: of several directions their means, and each one's. */
  async run(): Promise<Record<string, number>> {
    const loss = this.loss()
    this.graphs ??= inferenceGraphs(this.model)
    const options = { threads: this.threads ?? defaultThreads(this.architecture.width) }
    const [encoder, decoder] = [this.graphs.encoder, this.graphs.decoder].map((graph) =>
      GraphSession.load(graph.toOnnx('embedded'), options),
    ) as [GraphSession, GraphSession]
    const translator = new Translator(this.data.tokenizer, this.architecture, encoder, decoder)
    const scored: Scored[] = []
    try {
      for (const set of this.sets) scored.push(await score(translator, set))
    } finally {
      translator.dispose()
    }
    this.last = scored
    const mean = (of: (set: Scored) => number) => scored.reduce((sum, set) => sum + of(set), 0) / scored.length
    const each = scored.length === 1 ? [] : scored.flatMap((set) => [[`bleu ${nameOf(set)}`, set.bleu.score], [`chrf ${nameOf(set)}`, set.chrf.score]])
    return { loss, bleu: mean((set) => set.bleu.score), chrf: mean((set) => set.chrf.score), ...Object.fromEntries(each) }
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
    return this.last.flatMap((set) => {
      const name = set.direction ? ` ${nameOf(set)}` : ''
      const convention = (signature: string) => `greedy, ${set.pairs.length} validation sentences, ${signature}`
      return [
        { name: `BLEU${name}`, value: set.bleu.score.toFixed(2), convention: convention(set.bleu.signature) },
        { name: `chrF${name}`, value: set.chrf.score.toFixed(2), convention: convention(set.chrf.signature) },
      ]
    })
  }

  /** Translations of the last evaluation, and what the model looked at while it wrote some of them. */
  sections(): ReportSection[] {
    return this.last.flatMap((set) => {
      const name = set.direction ? `, ${nameOf(set)}` : ''
      const all = set.pairs.map((pair, i) => ({ ...pair, translation: set.translations[i] as Translation }))
      const lines = spread(all, SHOWN).map(
        ({ source, target, translation }) => `source       ${source}\nreference    ${target}\ntranslation  ${translation.text}`,
      )
      const drawn = spread(all, MAPS).map(({ translation }) => translation)
      return [{ title: `Translations${name}`, text: lines.join('\n\n') }, attentionSection(`Attention${name}`, drawn)]
    })
  }
}

function nameOf({ direction }: Scored): string {
  return direction ? directionName(direction) : ''
}

async function score(translator: Translator, set: { direction: Direction | undefined; pairs: readonly Pair[] }): Promise<Scored> {
  const { direction, pairs } = set
  const translations = await translator.translate(pairs.map(({ source }) => source), {
    beamSize: 1,
    ...(direction && { to: direction.to }),
  })
  const texts = translations.map(({ text }) => text)
  const references = pairs.map(({ target }) => target)
  return { direction, pairs, translations, bleu: bleu(texts, references), chrf: chrf(texts, references) }
}
