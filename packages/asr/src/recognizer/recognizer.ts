import type { Features } from '@parlance/audio'
import type { GraphSession } from '@parlance/runtime/session'
import type { ModelConfig } from '../config.js'
import type { GraphName } from '../graphs/files.js'
import { joinParts } from '../join-parts.js'
import { attentionBeam, type AttentionBeamOptions, type AttentionRecording } from '../search/attention-beam.js'
import type { FrameSearch } from '../search/frame-search.js'
import { frameSearch, type SearchOptions } from '../search/search.js'
import type { ScoredTokens, TimedTokens } from '../search/timed-tokens.js'
import { type FrameEncoder, type GrowingEncoder, WholeEncoder } from './frame-encoder.js'
import { GraphAttention } from './graph-attention.js'
import { GraphTransducer } from './graph-transducer.js'
import { StretchEncoder } from './stretch-encoder.js'

/** From features to tokens with a model's inference graphs: encoder and search put together. Needs no TF.js. */
export class Recognizer {
  private readonly encoder: FrameEncoder
  private readonly search: FrameSearch<unknown> | undefined
  private readonly attention: { model: GraphAttention; options: AttentionBeamOptions } | undefined

  constructor(
    { architecture, encoder, transducer: { durations }, ctcWeight }: Pick<ModelConfig, 'architecture' | 'encoder' | 'transducer' | 'ctcWeight'>,
    private readonly graphs: ReadonlyMap<GraphName, GraphSession>,
    { frameSearch: other, ...options }: SearchOptions & { frameSearch?: FrameSearch<unknown> } = {},
  ) {
    const graph = (name: GraphName): GraphSession => graphs.get(name) as GraphSession
    this.encoder = encoder.causal ? new StretchEncoder(graph('encoder'), encoder) : new WholeEncoder(graph('encoder'), encoder)
    const transducer = architecture === 'transducer' ? new GraphTransducer(graph('predictor'), graph('joiner'), durations) : undefined
    if (architecture === 'attention') this.attention = { model: new GraphAttention(graph('decoder')), options: attentionOptions(options, ctcWeight) }
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
    if (!search) return this.attend(features, batchSize)
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
    return new RecognizerStream(this.encoder.stream(), this.search)
  }

  /**
   * The tokens of a long recording as its features come, in bounded memory, with the result of `recognize`; undefined for a
   * model that must see recordings whole: one with LSTMs of both directions, or an attention decoder.
   *
   * @param batchSize pieces that are encoded at once
   */
  long(batchSize: number): RecognizerStream | undefined {
    const encoder = this.search && this.encoder.begin(batchSize)
    return this.search && encoder && new RecognizerStream(encoder, this.search)
  }

  dispose(): void {
    for (const graph of this.graphs.values()) graph.dispose()
  }

  private attend(features: readonly Features[], batchSize: number): ScoredTokens[][] {
    const { model, options } = this.attention as NonNullable<typeof this.attention>
    const parts = features.map((): Float32Array[] => [])
    for (const encoded of this.encoder.encode(features, batchSize)) {
      for (const [n, frames] of encoded.entries()) (parts[n] as Float32Array[]).push(frames)
    }
    return parts.map((some) => attentionBeam(model, this.parted(joinParts(some), model.width), options))
  }

  /** Encoded frames, which begin with the decoder's memory and go on with the log-probabilities of CTC. */
  private parted(encoded: Float32Array, memoryWidth: number): AttentionRecording {
    const { width } = this.encoder
    const frames = encoded.length / width
    const columns = (from: number, to: number): Float32Array => {
      const part = new Float32Array(frames * (to - from))
      for (let t = 0; t < frames; t++) part.set(encoded.subarray(t * width + from, t * width + to), t * (to - from))
      return part
    }
    return { frames, memory: columns(0, memoryWidth), ctc: width > memoryWidth ? columns(memoryWidth, width) : undefined }
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
function attentionOptions({ beamSize = 1, blankPenalty = 0, synchrony, fusion }: SearchOptions, ctcWeight: number): AttentionBeamOptions {
  if (blankPenalty !== 0 || synchrony !== undefined) {
    throw new Error('An attention decoder has no blanks and no frames to keep pace with: leave blank penalty and synchrony away.')
  }
  return { beamSize, ctcWeight, ...(fusion && { fusion }) }
}
