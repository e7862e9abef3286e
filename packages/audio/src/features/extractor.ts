import { AudioError } from '../errors.js'
import { SampleBuffer } from '../sample-buffer.js'
import { FrameAnalyzer } from './analyzer.js'
import { applyCepstra, type CepstralTransform, cepstralTransform } from './cepstra.js'
import { type FeatureConfig, type FeatureOptions, parseFeatureConfig } from './config.js'
import { addDeltas, DeltaStream } from './deltas.js'
import { type Framing, framingOf, padded } from './framing.js'
import type { Features } from './matrix.js'

/** What follows the analysis of single frames. */
interface Rest {
  /** Cuts values off relative to the recording's maximum; needs all frames at once. */
  limit: ((rows: Float32Array) => void) | undefined
  cepstra: CepstralTransform | undefined
  deltas: 0 | 1 | 2
  convention: 'htk' | 'kaldi'
  /** Values of a frame before deltas. */
  bins: number
}

/**
 * Features of many signals with one set of tables and buffers.
 *
 * samples (N) → frames (T, length) → windowed → power spectrum (T, fftSize / 2 + 1) → mel energies (T, bins) → log
 * → cepstra (T, cepstra) where the kind is `mfcc` → deltas appended where the config asks for them
 */
export class FeatureExtractor {
  readonly config: FeatureConfig
  /** Values of a frame. */
  readonly width: number
  private readonly framing: Framing
  private readonly analyzer: FrameAnalyzer
  private readonly rest: Rest

  /** @throws AudioError for a config that is wrong or has more mel filters than the FFT can feed */
  constructor(options: FeatureOptions = {}) {
    const config = parseFeatureConfig(options)
    this.config = config
    this.framing = framingOf(config)
    this.analyzer = new FrameAnalyzer(config, this.framing.length)
    this.rest = restOf(config, this.analyzer.width)
    this.width = this.rest.bins * (1 + this.rest.deltas)
  }

  /** Whether values depend on the recording's maximum, so that nothing is certain before its end. */
  get needsWhole(): boolean {
    return this.rest.limit !== undefined
  }

  /**
   * @param samples shape (N), at the config's sample rate, nominally in [-1, 1)
   * @returns shape (T, width); T is 0 for a signal shorter than one frame
   */
  compute(samples: Float32Array): Features {
    const rows = new FrameReader(this.framing, this.analyzer).read(samples, 0, 0, this.framing.count(samples.length), samples.length)
    const { limit, cepstra, deltas, convention, bins } = this.rest
    limit?.(rows)
    const data = cepstra ? applyCepstra(cepstra, rows) : rows
    const features = { frames: data.length / bins, bins, data }
    return deltas === 0 ? features : addDeltas(features, deltas, convention)
  }

  /**
   * The same features of a signal that arrives in pieces, in the memory of a few frames. Values are those of
   * {@link compute}, however the signal is cut. Whisper's features and librosa's with `topDb` depend on the recording's
   * maximum: they are kept and given out by `finish`.
   */
  stream(): FeatureStream {
    return new FeatureStream(this.framing, this.analyzer, this.rest)
  }
}

/** The features of one signal; for many, keep a {@link FeatureExtractor}. */
export function computeFeatures(samples: Float32Array, options: FeatureOptions = {}): Features {
  return new FeatureExtractor(options).compute(samples)
}

/** Features of a signal in pieces; made by {@link FeatureExtractor.stream}. */
export class FeatureStream {
  private readonly buffer = new SampleBuffer()
  private readonly reader: FrameReader
  private readonly differences: DeltaStream | undefined
  private readonly kept: Float32Array[] = []
  private next = 0
  private finished = false

  /** @internal */
  constructor(private readonly framing: Framing, analyzer: FrameAnalyzer, private readonly rest: Rest) {
    this.reader = new FrameReader(framing, analyzer)
    this.differences = rest.deltas === 0 ? undefined : new DeltaStream(rest.bins, rest.deltas, rest.convention)
  }

  /**
   * @param samples the next samples, any number of them
   * @returns the frames that are now certain, shape (T, width)
   * @throws AudioError after `finish`
   */
  push(samples: Float32Array): Features {
    if (this.finished) throw new AudioError('feature stream: it is finished; make a new one for another signal')
    const { buffer, framing } = this
    const { length, shift, offset } = framing
    buffer.push(samples)
    let ready = Math.max(this.next, Math.floor((buffer.end - length - offset) / shift) + 1)
    // A frame that begins before the signal mirrors its start: wait until that is there.
    if (offset < 0 && buffer.end <= -offset) ready = this.next
    const rows = this.read(ready)
    // Frames at the end are mirrored from as far back as a frame is long.
    buffer.dropBefore(this.next * shift + offset - length - shift)
    return this.given(rows, false)
  }

  /** @returns the remaining frames, shape (T, width) */
  finish(): Features {
    if (this.finished) throw new AudioError('feature stream: it is finished; make a new one for another signal')
    this.finished = true
    return this.given(this.read(this.framing.count(this.buffer.end)), true)
  }

  private read(until: number): Float32Array {
    const { buffer } = this
    const from = Math.min(this.next, until)
    this.next = Math.max(this.next, until)
    return this.reader.read(buffer.view, buffer.start, from, until, buffer.end)
  }

  private given(rows: Float32Array, last: boolean): Features {
    const { limit, cepstra, bins } = this.rest
    let settled = rows
    if (limit) {
      if (rows.length > 0) this.kept.push(rows)
      settled = last ? concatenated(this.kept) : new Float32Array(0)
      limit(settled)
    }
    let data = cepstra ? applyCepstra(cepstra, settled) : settled
    if (this.differences) data = last ? concatenated([this.differences.push(data), this.differences.finish()]) : this.differences.push(data)
    const width = bins * (1 + this.rest.deltas)
    return { frames: data.length / width, bins: width, data }
  }
}

/** Cuts frames out of a signal or a held part of it and hands them to the analyzer. */
class FrameReader {
  private readonly edge: Float32Array

  constructor(private readonly framing: Framing, private readonly analyzer: FrameAnalyzer) {
    this.edge = new Float32Array(framing.length)
  }

  /**
   * @param samples the signal from sample number `start` on
   * @param total where the signal ends, for frames that reach beyond
   * @returns rows of frames `from` up to but not including `until`
   */
  read(samples: Float32Array, start: number, from: number, until: number, total: number): Float32Array {
    const { framing: { length, shift, offset, padding }, analyzer, edge } = this
    const rows = new Float32Array(Math.max(0, until - from) * analyzer.width)
    for (let t = from, at = 0; t < until; t++, at += analyzer.width) {
      const first = t * shift + offset
      if (first >= 0 && first + length <= total) {
        analyzer.analyze(samples, first - start, t, rows, at)
        continue
      }
      for (let i = 0; i < length; i++) {
        let place = first + i
        if (place < 0 || place >= total) place = padded(place, total, padding)
        edge[i] = place < 0 ? 0 : samples[place - start]!
      }
      analyzer.analyze(edge, 0, t, rows, at)
    }
    return rows
  }
}

function restOf(config: FeatureConfig, analyzed: number): Rest {
  const cepstra = config.kind === 'mfcc' ? cepstralTransform(config) : undefined
  const topDb = config.convention === 'librosa' ? config.topDb : null
  return {
    limit: config.convention === 'whisper' ? scaleAsWhisper : topDb === null ? undefined : (rows) => raiseTo(rows, maximum(rows) - topDb),
    cepstra,
    deltas: 'deltas' in config ? config.deltas : 0,
    convention: config.convention === 'htk' ? 'htk' : 'kaldi',
    bins: cepstra ? cepstra.width : analyzed,
  }
}

/** Limits the range to 8 decades below the utterance's maximum and maps it to about [-1, 1]. */
function scaleAsWhisper(rows: Float32Array): void {
  const floor = maximum(rows) - 8
  for (let i = 0; i < rows.length; i++) rows[i] = (Math.max(rows[i]!, floor) + 4) / 4
}

function raiseTo(rows: Float32Array, floor: number): void {
  for (let i = 0; i < rows.length; i++) if (rows[i]! < floor) rows[i] = floor
}

function maximum(rows: Float32Array): number {
  let largest = -Infinity
  for (const value of rows) if (value > largest) largest = value
  return largest
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
