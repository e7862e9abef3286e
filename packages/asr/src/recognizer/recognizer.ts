import type { Features } from '@parlance/audio'
import type { GraphSession } from '@parlance/runtime/session'
import type { ModelConfig } from '../config.js'
import type { GraphName } from '../graphs/files.js'
import { joinParts } from '../join-parts.js'
import type { FrameSearch } from '../search/frame-search.js'
import { frameSearch, type SearchOptions } from '../search/search.js'
import type { ScoredTokens, TimedTokens } from '../search/timed-tokens.js'
import { attentionGreedy } from './attention-greedy.js'
import { type FrameEncoder, type GrowingEncoder, WholeEncoder } from './frame-encoder.js'
import { GraphTransducer } from './graph-transducer.js'
import { StretchEncoder } from './stretch-encoder.js'

/** From features to tokens with a model's inference graphs: encoder and search put together. Needs no TF.js. */
export class Recognizer {
  private readonly encoder: FrameEncoder
  private readonly search: FrameSearch<unknown> | undefined

  constructor(
    { architecture, encoder, transducer: { durations } }: Pick<ModelConfig, 'architecture' | 'encoder' | 'transducer'>,
    private readonly graphs: ReadonlyMap<GraphName, GraphSession>,
    { frameSearch: other, ...options }: SearchOptions & { frameSearch?: FrameSearch<unknown> } = {},
  ) {
    const graph = (name: GraphName): GraphSession => graphs.get(name) as GraphSession
    this.encoder = encoder.causal ? new StretchEncoder(graph('encoder'), encoder) : new WholeEncoder(graph('encoder'), encoder)
    const transducer = architecture === 'transducer' ? new GraphTransducer(graph('predictor'), graph('joiner'), durations) : undefined
    if (architecture === 'attention') expectPlain(options)
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
    const { width } = this.encoder
    const parts = features.map((): Float32Array[] => [])
    for (const encoded of this.encoder.encode(features, batchSize)) {
      for (const [n, frames] of encoded.entries()) (parts[n] as Float32Array[]).push(frames)
    }
    const decoder = this.graphs.get('decoder') as GraphSession
    return parts.map((some) => {
      const found = attentionGreedy(decoder, joinParts(some), width)
      return [{ ...found, score: found.logProbs.reduce((sum, logProb) => sum + logProb, 0) }]
    })
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
function expectPlain({ beamSize = 1, blankPenalty = 0, fusion }: SearchOptions): void {
  if (beamSize === 1 && blankPenalty === 0 && !fusion) return
  throw new Error('An attention decoder has greedy search alone: leave beam size, blank penalty, language model and phrases away.')
}
