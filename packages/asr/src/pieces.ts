import type { Features } from '@parlance/audio'
import type { EncoderConfig } from './config.js'
import { encodedLength, SUBSAMPLING } from './subsampling.js'

/** Encoder frames of a piece, margins not counted: half a minute at 10 ms a feature frame. */
const PIECE = 750

/** A part of a recording that the encoder sees at once. */
export interface Piece {
  /** Which recording. */
  index: number
  /** Shape (T, F). */
  features: Features
  /** The first encoder frame of the piece that counts, */
  skip: number
  /** how many count, */
  count: number
  /** and which encoder frame of the recording the first of them is. */
  at: number
}

/** Encoder frames on either side of a frame that can change what the encoder says of it. */
function reach({ layers, attentionContext, positionKernel }: EncoderConfig): number {
  const subsampling = 1 // ±3 feature frames
  return layers * attentionContext + (positionKernel - 1) / 2 + subsampling
}

/**
 * Cuts the features of a recording into pieces that overlap by the encoder's reach, so that the frames that count come
 * out as if the recording had been seen whole, in memory that does not grow with its length.
 */
export function cut(index: number, features: Features, encoder: EncoderConfig): Piece[] {
  const total = encodedLength(features.frames)
  const margin = reach(encoder)
  const pieces: Piece[] = []
  for (let at = 0; at < total; at += PIECE) {
    const count = Math.min(PIECE, total - at)
    const from = Math.max(0, at - margin)
    const first = from * SUBSAMPLING
    const end = Math.min(features.frames, (at + count + margin) * SUBSAMPLING)
    const data = features.data.subarray(first * features.bins, end * features.bins)
    pieces.push({ index, features: { frames: end - first, bins: features.bins, data }, skip: at - from, count, at })
  }
  return pieces
}
