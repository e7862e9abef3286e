import type { Features } from '@parlance/audio'
import type { EncoderConfig } from './config.js'
import { encodedLength, RECEPTIVE_FIELD } from './subsampling.js'

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

/** Encoder frames on either side of a frame that can change what the encoder says of it; Infinity for all. */
function reach({ type, layers, attentionContext, kernel, subsampling }: EncoderConfig): number {
  if (type === 'lstm') return Infinity
  const convolution = (kernel - 1) / 2
  const frontend = Math.ceil((RECEPTIVE_FIELD - 1) / subsampling)
  const perLayer = type === 'conformer' ? attentionContext + convolution : attentionContext
  return layers * perLayer + (type === 'transformer' ? convolution : 0) + frontend
}

/**
 * Cuts the features of a recording into pieces that overlap by the encoder's reach, so that the frames that count come
 * out as if the recording had been seen whole, in memory that does not grow with its length. What an LSTM reads in both
 * directions stays whole.
 */
export function cut(index: number, features: Features, encoder: EncoderConfig): Piece[] {
  const { subsampling } = encoder
  const total = encodedLength(features.frames, subsampling)
  const margin = reach(encoder)
  const length = margin === Infinity ? total : PIECE
  const pieces: Piece[] = []
  for (let at = 0; at < total; at += length) {
    const count = Math.min(length, total - at)
    const from = Math.max(0, at - margin)
    const first = from * subsampling
    const end = Math.min(features.frames, (at + count + margin) * subsampling)
    const data = features.data.subarray(first * features.bins, end * features.bins)
    pieces.push({ index, features: { frames: end - first, bins: features.bins, data }, skip: at - from, count, at })
  }
  return pieces
}
