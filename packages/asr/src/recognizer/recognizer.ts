import type { Features } from '@parlance/audio'
import type { GraphSession } from '@parlance/runtime/session'
import { BLANK } from '../tokens/blank.js'
import type { ModelConfig } from '../config.js'
import type { GraphName } from '../graphs/files.js'
import { joinParts } from '../join-parts.js'
import { attentionBeam, type AttentionBeamOptions } from '../search/attention-beam.js'
import { checkShare } from '../search/checks.js'
import { ctcRescored } from '../search/ctc-rescoring.js'
import type { FrameSearch } from '../search/frame-search.js'
import { frameSearch, type SearchOptions } from '../search/search.js'
import type { ScoredTokens, TimedTokens } from '../search/timed-tokens.js'
import { type FrameEncoder, type GrowingEncoder, WholeEncoder } from './frame-encoder.js'
import { GraphAttention } from './graph-attention.js'
import { GraphTransducer } from './graph-transducer.js'
import { StretchEncoder } from './stretch-encoder.js'

type RecognizedConfig = Pick<ModelConfig, 'architecture' | 'encoder' | 'transducer' | 'ctcWeight'>

/** From features to tokens with a model's inference graphs: encoder and search put together. Needs no TF.js. */
export class Recognizer {
  private readonly encoder: FrameEncoder
  private readonly search: FrameSearch<unknown> | undefined
  private readonly attention: { model: GraphAttention; options: AttentionBeamOptions } | undefined
  /** λ, where a transducer's hypotheses are compared with a CTC's. */
  private readonly ctcWeight: number

  constructor(
    config: RecognizedConfig,
    private readonly graphs: ReadonlyMap<GraphName, GraphSession>,
    { frameSearch: other, ctcWeight, ...options }: SearchOptions & { frameSearch?: FrameSearch<unknown> } = {},
  ) {
    const { architecture, encoder, transducer: { durations } } = config
    this.ctcWeight = isRescored(config, ctcWeight) ? (ctcWeight as number) : 0
    if (this.ctcWeight > 0 && (options.beamSize ?? 1) === 1) {
      throw new Error('Greedy search has no hypotheses to compare with CTC: take a beam of 2 or more, or leave the CTC weight away.')
    }
    const graph = (name: GraphName): GraphSession => graphs.get(name) as GraphSession
    this.encoder = encoder.causal ? new StretchEncoder(graph('encoder'), encoder) : new WholeEncoder(graph('encoder'), encoder)
    const transducer = architecture === 'transducer' ? new GraphTransducer(graph('predictor'), graph('joiner'), durations) : undefined
    if (architecture === 'attention') this.attention = { model: new GraphAttention(graph('decoder')), options: attentionOptions(options, ctcWeight ?? config.ctcWeight) }
    else this.search = other ?? frameSearch(transducer, this.encoder.width, options)
  }

  /**
   * The tokens of whole recordings.
   *
   * @param features (T, F) of each
   * @param batchSize how many are encoded at once; never changes a result
   * @returns of each its hypotheses, the best first, at least one
   */
  recognize(features: readonly Features[], batchSize: number): ScoredTokens[][] {
    const { search, encoder } = this
    if (!search) return this.encoded(features, batchSize).map((one) => this.attend(one))
    if (this.ctcWeight > 0) return this.encoded(features, batchSize).map((one) => this.rescored(search, one))
    const states = features.map(() => search.start())
    for (const encoded of encoder.encode(features, batchSize)) search.advance(states, encoded)
    return states.map((state) => search.hypotheses(state))
  }

  /**
   * The tokens of a recording while it is heard.
   *
   * @throws Error, one line, when the model needs the whole of it
   */
  stream(): RecognizerStream {
    if (!(this.encoder instanceof StretchEncoder) || !this.search) {
      throw new Error('This model needs whole recordings: train a transducer or CTC model with a causal encoder to stream.')
    }
    if (this.ctcWeight > 0) throw new Error('Hypotheses are compared with CTC when a recording is over: leave the CTC weight away to stream.')
    return new RecognizerStream(this.encoder.stream(), this.search)
  }

  /**
   * The tokens of a long recording as its features come, in bounded memory, with the result of `recognize`; undefined for a
   * model that must see recordings whole: one with LSTMs of both directions, an attention decoder, or CTC to compare with.
   *
   * @param batchSize pieces that are encoded at once
   */
  long(batchSize: number): RecognizerStream | undefined {
    if (!this.search || this.ctcWeight > 0) return undefined
    const encoder = this.encoder.begin(batchSize)
    return encoder && new RecognizerStream(encoder, this.search)
  }

  dispose(): void {
    for (const graph of this.graphs.values()) graph.dispose()
  }

  /** All encoded frames of each recording, (frames, width) row-major. */
  private encoded(features: readonly Features[], batchSize: number): Float32Array[] {
    const parts = features.map((): Float32Array[] => [])
    for (const encoded of this.encoder.encode(features, batchSize)) {
      for (const [n, frames] of encoded.entries()) (parts[n] as Float32Array[]).push(frames)
    }
    return parts.map(joinParts)
  }

  /** @param encoded the decoder's memory, beside it the log-probabilities of CTC where there is one */
  private attend(encoded: Float32Array): ScoredTokens[] {
    const { model, options } = this.attention as NonNullable<typeof this.attention>
    const { width } = this.encoder
    const ctc = width > model.width ? this.columns(encoded, model.width, width) : undefined
    return attentionBeam(model, { frames: encoded.length / width, memory: this.columns(encoded, 0, model.width), ctc }, options)
  }

  /** @param encoded what the transducer reads, beside it the frames that CTC reads */
  private rescored(search: FrameSearch<unknown>, encoded: Float32Array): ScoredTokens[] {
    const state = search.start()
    search.advance([state], [encoded])
    const hypotheses = search.hypotheses(state)
    if (encoded.length === 0) return hypotheses
    const { width } = this.encoder
    const ctc = this.graphs.get('ctc') as GraphSession
    const own = ctc.inputs[0]?.shape[1] as number
    const frames = this.columns(encoded, width - own, width)
    const { log_probs: logProbs } = ctc.run({ frames: { data: frames, shape: [frames.length / own, own] } })
    const vocabSize = logProbs?.shape[1] as number
    return ctcRescored(hypotheses, logProbs?.data as Float32Array, { vocabSize, blank: BLANK, ctcWeight: this.ctcWeight })
  }

  /** Some columns of encoded frames. */
  private columns(encoded: Float32Array, from: number, to: number): Float32Array {
    const { width } = this.encoder
    const frames = encoded.length / width
    const part = new Float32Array(frames * (to - from))
    for (let t = 0; t < frames; t++) part.set(encoded.subarray(t * width + from, t * width + to), t * (to - from))
    return part
  }
}

/** One recording, in pieces; made by `Recognizer.stream` and `Recognizer.long`. */
export class RecognizerStream {
  private readonly state: unknown

  /** @internal */
  constructor(private readonly encoder: GrowingEncoder, private readonly search: FrameSearch<unknown>) {
    this.state = search.start()
  }

  /** What was found so far. */
  get found(): TimedTokens {
    return this.search.found(this.state)
  }

  /** All hypotheses so far, the best first. */
  get hypotheses(): ScoredTokens[] {
    return this.search.hypotheses(this.state)
  }

  /** How many of the first tokens stay as they are, whatever comes. */
  get settled(): number {
    return this.search.settled(this.state)
  }

  /** Hears the next feature frames; those that the encoder cannot encode yet are kept. */
  push(features: Features): void {
    for (const encoded of this.encoder.push(features)) this.search.advance([this.state], [encoded])
  }

  /** Hears what is left. */
  finish(): void {
    for (const encoded of this.encoder.finish()) this.search.advance([this.state], [encoded])
  }
}

/** @throws Error, one line, for options of searches that an attention decoder has not */
function attentionOptions({ beamSize = 1, blankPenalty = 0, synchrony = 'time', fusion }: SearchOptions, ctcWeight: number): AttentionBeamOptions {
  if (blankPenalty !== 0 || synchrony === 'label') {
    throw new Error('An attention decoder has no blanks and no frames to keep pace with: leave blank penalty and label synchrony away.')
  }
  return { beamSize, ctcWeight, ...(fusion && { fusion }) }
}

/**
 * Whether the hypotheses of a transducer are to be compared with the CTC beside it.
 *
 * @throws RangeError for a weight that is no share; Error, one line, for a model without a CTC beside it
 */
export function isRescored({ architecture, ctcWeight: trained }: Pick<RecognizedConfig, 'architecture' | 'ctcWeight'>, ctcWeight = 0): boolean {
  checkShare('The CTC weight', ctcWeight)
  if (ctcWeight === 0) return false
  if (architecture === 'ctc') throw new Error('A CTC model has nothing to be compared with: leave the CTC weight away.')
  if (trained === 0) throw new Error('This model has no CTC beside it, since it was trained with ctcWeight 0: leave the CTC weight away.')
  return architecture === 'transducer'
}
