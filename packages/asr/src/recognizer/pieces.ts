import type { Features } from '@parlance/audio'
import type { EncoderConfig } from '../config.js'
import { encodedLength, RECEPTIVE_FIELD } from '../model/subsampling.js'

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
  const cutter = new PieceCutter(encoder)
  const total = encodedLength(features.frames, encoder.subsampling)
  const pieces: Piece[] = []
  while (cutter.at < total) pieces.push(cutter.next(index, features, 0, total))
  return pieces
}

/** Cuts piece after piece off a recording whose end need not be there yet. */
export class PieceCutter {
  /** The first encoder frame of the next piece that counts. */
  at = 0
  private readonly margin: number
  private readonly subsampling: EncoderConfig['subsampling']

  constructor(encoder: EncoderConfig) {
    this.margin = reach(encoder)
    this.subsampling = encoder.subsampling
  }

  /** Whether pieces are shorter than recordings may be. */
  get cuts(): boolean {
    return this.margin !== Infinity
  }

  /** The first feature frame that the next piece sees. */
  get firstNeeded(): number {
    return Math.max(0, this.at - this.margin) * this.subsampling
  }

  /** Feature frames that must have been heard before `pieces` more pieces can be cut of a recording that goes on. */
  featuresNeeded(pieces: number): number {
    return (this.at + pieces * PIECE + this.margin) * this.subsampling
  }

  /**
   * @param features of the recording, from feature frame `start` on to its end or as far as the piece sees
   * @param total encoder frames of the recording, Infinity while it goes on
   */
  next(index: number, features: Features, start: number, total: number): Piece {
    const { at, margin, subsampling, firstNeeded } = this
    const { bins } = features
    const count = Math.min(this.cuts ? PIECE : total, total - at)
    const end = Math.min(start + features.frames, (at + count + margin) * subsampling)
    const data = features.data.subarray((firstNeeded - start) * bins, (end - start) * bins)
    this.at = at + count
    return { index, features: { frames: end - firstNeeded, bins, data }, skip: at - firstNeeded / subsampling, count, at }
  }
}
