import type { Features } from '@parlance/audio'
import type { GraphSession } from '@parlance/runtime/session'
import type { EncoderConfig } from '../config.js'
import { encodedLength } from '../subsampling.js'
import { cut, type Piece } from '../pieces.js'

/** What a search reads of some recordings, in order: of each its next frames, (frames, width) row-major. */
export type EncodedFrames = Float32Array[]

/** Runs the encoder's graph over whole recordings. */
export interface FrameEncoder {
  /** Numbers of an encoded frame. */
  readonly width: number
  /** All encoded frames of each recording, in one portion or several. */
  encode(features: readonly Features[], batchSize: number): Iterable<EncodedFrames>
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
    for (let i = 0; i < pieces.length; i += batchSize) this.run(pieces.slice(i, i + batchSize), encoded)
    yield encoded
  }

  /** Puts the frames that count where they belong. */
  private run(pieces: readonly Piece[], encoded: readonly Float32Array[]): void {
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
    for (const [n, { index, skip, count, at }] of pieces.entries()) {
      const first = (n * steps + skip) * width
      ;(encoded[index] as Float32Array).set(data.subarray(first, first + count * width), at * width)
    }
  }
}
