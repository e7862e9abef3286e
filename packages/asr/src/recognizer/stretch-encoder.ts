import type { Features } from '@parlance/audio'
import type { GraphSession, GraphTensor } from '@parlance/runtime/session'
import type { EncoderConfig } from '../config.js'
import { encodedLength, framesSeen } from '../model/subsampling.js'
import { FeatureBuffer } from './feature-buffer.js'
import { type EncodedFrames, type FrameEncoder, type GrowingEncoder, searchedOutput } from './frame-encoder.js'

/** Encoder frames of whole recordings that are encoded at once, about: 20 seconds at 40 ms. */
const STRETCH = 512

/** The encoder's state in some recordings that are encoded side by side. */
interface EncoderState {
  /** Encoder frames so far. */
  processed: number
  tensors: Record<string, GraphTensor>
}

/** A causal encoder: stretch by stretch, each with the state that the one before left. */
export class StretchEncoder implements FrameEncoder {
  readonly width: number
  /** Encoder frames that must come at once unless a recording ends, */
  private readonly chunk: number
  /** and those that do, where nobody waits for them. */
  private readonly stretch: number
  private readonly output: string
  private readonly states: readonly { name: string; shape: readonly (number | string)[] }[]
  private readonly bins: number

  constructor(private readonly session: GraphSession, private readonly config: EncoderConfig) {
    ;({ name: this.output, width: this.width } = searchedOutput(session))
    this.chunk = config.type === 'conformer' ? config.chunk : 1
    this.stretch = this.chunk * Math.ceil(STRETCH / this.chunk)
    this.states = session.inputs.filter(({ name }) => session.outputs.some((output) => output.name === `next_${name}`))
    this.bins = session.inputs.find(({ name }) => name === 'features')?.shape[2] as number
  }

  /** The state before anything was heard. */
  private start(recordings: number): EncoderState {
    const tensors = this.states.map(({ name, shape }) => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : recordings))
      return [name, { data: new Float32Array(sizes.reduce((a, b) => a * b, 1)), shape: sizes }] as const
    })
    return { processed: 0, tensors: Object.fromEntries(tensors) }
  }

  begin(): GrowingEncoder {
    return this.growing(this.stretch)
  }

  /** Encodes a recording as its features come, chunk by chunk: as early as can be. */
  stream(): GrowingEncoder {
    return this.growing(this.chunk)
  }

  /** @param count encoder frames that are encoded at once, a multiple of the chunk */
  private growing(count: number): GrowingEncoder {
    const { subsampling } = this.config
    const buffer = new FeatureBuffer()
    const state = this.start(1)
    const step = (frames: number): Float32Array => {
      const [encoded] = this.step(state, [buffer.features], buffer.start, frames)
      buffer.dropBefore(this.firstNeeded(state))
      return encoded as Float32Array
    }
    const needed = (): number => this.firstNeeded(state) + framesSeen(count, subsampling)
    const left = (): number => encodedLength(buffer.end, subsampling) - state.processed
    return {
      *push(features) {
        buffer.push(features)
        while (buffer.end >= needed()) yield step(count)
      },
      *finish() {
        while (left() > 0) yield step(Math.min(count, left()))
      },
    }
  }

  /** The first feature frame that the next chunk sees. */
  private firstNeeded({ processed }: EncoderState): number {
    return processed * this.config.subsampling
  }

  *encode(features: readonly Features[], batchSize: number): Iterable<EncodedFrames> {
    const order = [...features.keys()].sort((a, b) => (features[a] as Features).frames - (features[b] as Features).frames)
    const { stretch } = this
    for (let i = 0; i < order.length; i += batchSize) {
      const rows = order.slice(i, i + batchSize)
      const some = rows.map((row) => features[row] as Features)
      const total = encodedLength(Math.max(...some.map(({ frames }) => frames)), this.config.subsampling)
      const state = this.start(rows.length)
      while (state.processed < total) {
        const portion = this.step(state, some, 0, Math.min(stretch, total - state.processed))
        const all = features.map((): Float32Array => new Float32Array(0))
        for (const [n, row] of rows.entries()) all[row] = portion[n] as Float32Array
        yield all
      }
    }
  }

  /**
   * Encodes the next `count` frames of each recording; `state` moves on.
   *
   * @param features of each recording, from its feature frame `first` on
   * @returns of each recording as many frames as it has of these
   */
  private step(state: EncoderState, features: readonly Features[], first: number, count: number): Float32Array[] {
    const { bins, width, config } = this
    const { subsampling } = config
    const seen = framesSeen(count, subsampling)
    const from = subsampling * state.processed - first
    const data = new Float32Array(features.length * seen * bins)
    const lengths = new Int32Array(features.length)
    for (const [n, { frames, data: rows }] of features.entries()) {
      const real = Math.max(0, Math.min(seen, frames - from))
      data.set(rows.subarray(from * bins, (from + real) * bins), n * seen * bins)
      lengths[n] = real
    }
    const results = this.session.run({
      features: { data, shape: [features.length, seen, bins] },
      lengths: { data: lengths, shape: [features.length] },
      processed: { data: new Int32Array(features.length).fill(state.processed), shape: [features.length] },
      ...state.tensors,
    })
    for (const { name } of this.states) state.tensors[name] = results[`next_${name}`] as GraphTensor
    state.processed += count
    const encoded = results[this.output]?.data as Float32Array
    return features.map((_, n) => {
      const real = Math.min(count, encodedLength(lengths[n] as number, subsampling))
      return encoded.subarray(n * count * width, (n * count + real) * width)
    })
  }
}
