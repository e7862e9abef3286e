import type { Features } from '@parlance/audio'
import type { GraphSession } from '@parlance/runtime/session'
import type { EncoderConfig } from '../config.js'
import { cut, type Piece, PieceCutter } from './pieces.js'
import { encodedLength } from '../model/subsampling.js'
import { FeatureBuffer } from './feature-buffer.js'

/** What a search reads of some recordings, in order: of each its next frames, (frames, width) row-major. */
export type EncodedFrames = Float32Array[]

/** Runs the encoder's graph over whole recordings. */
export interface FrameEncoder {
  /** Numbers of an encoded frame. */
  readonly width: number
  /** All encoded frames of each recording, in one portion or several. */
  encode(features: readonly Features[], batchSize: number): Iterable<EncodedFrames>
  /**
   * Encodes one recording of any length as its features come, in bounded memory; undefined where it must be seen whole.
   *
   * @param batchSize pieces that are encoded at once, where there are such
   */
  begin(batchSize: number): GrowingEncoder | undefined
}

/** One recording whose features come in pieces. */
export interface GrowingEncoder {
  /** @returns the encoded frames that are certain now, (frames, width) row-major, in some portions */
  push(features: Features): Iterable<Float32Array>
  /** @returns the remaining frames */
  finish(): Iterable<Float32Array>
}

/** The output that a search reads: an encoder has one. */
export function searchedOutput(encoder: GraphSession): { name: string; width: number } {
  const port = encoder.outputs.find(({ name }) => name === 'encoded' || name === 'log_probs')
  const width = port?.shape[2]
  if (!port || typeof width !== 'number') throw new Error('The encoder gives neither encoded frames nor log-probabilities: export the model again.')
  return { name: port.name, width }
}

/** An encoder that sees the future: recordings in long pieces that overlap. */
export class WholeEncoder implements FrameEncoder {
  readonly width: number
  private readonly output: string

  constructor(private readonly session: GraphSession, private readonly config: EncoderConfig) {
    ;({ name: this.output, width: this.width } = searchedOutput(session))
  }

  *encode(features: readonly Features[], batchSize: number): Iterable<EncodedFrames> {
    const { subsampling } = this.config
    const encoded = features.map(({ frames }) => new Float32Array(encodedLength(frames, subsampling) * this.width))
    const pieces = features.flatMap((one, index) => cut(index, one, this.config))
    pieces.sort((a, b) => a.features.frames - b.features.frames)
    for (let i = 0; i < pieces.length; i += batchSize) {
      for (const { index, at, frames } of this.run(pieces.slice(i, i + batchSize))) (encoded[index] as Float32Array).set(frames, at * this.width)
    }
    yield encoded
  }

  begin(batchSize: number): GrowingEncoder | undefined {
    const cutter = new PieceCutter(this.config)
    if (!cutter.cuts) return undefined
    const { subsampling } = this.config
    const buffer = new FeatureBuffer()
    const run = (pieces: readonly Piece[]): Float32Array[] => this.run(pieces).map(({ frames }) => frames)
    const next = (total: number): Piece => cutter.next(0, buffer.features, buffer.start, total)
    return {
      *push(features) {
        buffer.push(features)
        while (buffer.end >= cutter.featuresNeeded(batchSize)) {
          yield* run(Array.from({ length: batchSize }, () => next(Infinity)))
          buffer.dropBefore(cutter.firstNeeded)
        }
      },
      *finish() {
        const total = encodedLength(buffer.end, subsampling)
        const pieces: Piece[] = []
        while (cutter.at < total) pieces.push(next(total))
        if (pieces.length > 0) yield* run(pieces)
      },
    }
  }

  /** The frames of each piece that count. */
  private run(pieces: readonly Piece[]): { index: number; at: number; frames: Float32Array }[] {
    const { width } = this
    const { bins } = (pieces[0] as Piece).features
    const most = Math.max(...pieces.map(({ features }) => features.frames))
    const features = new Float32Array(pieces.length * most * bins)
    for (const [n, piece] of pieces.entries()) features.set(piece.features.data, n * most * bins)
    const lengths = Int32Array.from(pieces, (piece) => piece.features.frames)
    const output = this.session.run({
      features: { data: features, shape: [pieces.length, most, bins] },
      lengths: { data: lengths, shape: [pieces.length] },
    })[this.output]
    const data = output?.data as Float32Array
    const steps = output?.shape[1] as number
    return pieces.map(({ index, skip, count, at }, n) => {
      const first = (n * steps + skip) * width
      return { index, at, frames: data.subarray(first, first + count * width) }
    })
  }
}
