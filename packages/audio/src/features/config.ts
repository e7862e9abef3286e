import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AudioError } from '../errors.js'

const kaldiConfig = z.strictObject({
  /** Kaldi's `compute-fbank-feats`: mel filters with straight flanks in mel, natural logarithm. */
  convention: z.literal('kaldi').default('kaldi'),
  /** Hz. */
  sampleRate: z.int().positive().default(16000),
  /** Mel filters, the width of the features. */
  bins: z.int().min(1).default(80),
  /** Milliseconds; the FFT size is the next power of two in samples. */
  frameLength: z.number().positive().default(25),
  /** Milliseconds from one frame's start to the next. */
  frameShift: z.number().positive().default(10),
  /** True: only frames that lie wholly inside the signal. False: one frame per shift, ends mirrored. */
  snipEdges: z.boolean().default(true),
  window: z.enum(['povey', 'hann', 'hamming']).default('povey'),
  /** x[n] - c x[n - 1] within each frame; 0 leaves it out. */
  preEmphasis: z.number().min(0).max(1).default(0.97),
  /** Subtract each frame's mean first. */
  removeDc: z.boolean().default(true),
  /** Samples in [-1, 1) are multiplied by this first: 1 as in icefall and sherpa-onnx, 32768 as in Kaldi itself. */
  sampleScale: z.number().positive().default(1),
  /** Hz. */
  lowFrequency: z.number().min(0).default(20),
  /** Hz; 0 or less counts from half the sample rate. */
  highFrequency: z.number().default(0),
  /** Energies below this are raised to it before the logarithm (default: float32's epsilon). */
  energyFloor: z.number().positive().default(2 ** -23),
})

const whisperConfig = z.strictObject({
  /** OpenAI Whisper's `log_mel_spectrogram`: 400-point FFT each 160 samples, centred frames, Slaney filters, log10, scaled. */
  convention: z.literal('whisper'),
  sampleRate: z.literal(16000).default(16000),
  bins: z.union([z.literal(80), z.literal(128)]).default(80),
})

/** Every setting of a feature extraction, defaults filled in. */
export type FeatureConfig = z.output<typeof kaldiConfig> | z.output<typeof whisperConfig>
/** What may be left out is: `{}` is 80-bin Kaldi log-mel at 16 kHz, 25 ms every 10 ms. */
export type FeatureOptions = z.input<typeof kaldiConfig> | z.input<typeof whisperConfig>

/**
 * Checks options from code or a JSON file and fills in the defaults.
 *
 * There is no dither: the features of one signal are always the same.
 *
 * @throws AudioError that names the field, for an unknown field or an impossible value
 */
export function parseFeatureConfig(options: unknown): FeatureConfig {
  const convention = typeof options === 'object' && options !== null && 'convention' in options ? options.convention : 'kaldi'
  if (convention !== 'kaldi' && convention !== 'whisper') {
    throw new AudioError(`feature config: convention must be "kaldi" or "whisper", got ${JSON.stringify(convention)}`)
  }
  const result = (convention === 'whisper' ? whisperConfig : kaldiConfig).safeParse(options)
  if (!result.success) {
    const issue = result.error.issues[0]!
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(convention === 'whisper' ? whisperConfig.shape : kaldiConfig.shape)
      throw new AudioError(`feature config: unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')} `
        + `for convention "${convention}"; known fields: ${known.join(', ')}`)
    }
    throw new AudioError(`feature config: ${issue.path.join('.') || 'the whole'}: ${issue.message}`)
  }
  const config = result.data
  if (config.convention === 'kaldi') checkKaldi(config)
  return config
}

/** The upper edge of the last filter in Hz. */
export function upperEdge(config: { sampleRate: number; highFrequency: number }): number {
  return config.highFrequency > 0 ? config.highFrequency : config.sampleRate / 2 + config.highFrequency
}

/** Samples that `milliseconds` last, rounded down as Kaldi does. */
export function samplesIn(milliseconds: number, sampleRate: number): number {
  return Math.floor(sampleRate * 0.001 * milliseconds)
}

/**
 * A fingerprint for model folders: equal exactly when every setting is, whichever of them were spelled out.
 *
 * @returns SHA-256 in hexadecimal of the full config as JSON with sorted keys
 */
export function featureConfigHash(options: FeatureOptions): string {
  const entries = Object.entries(parseFeatureConfig(options)).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(entries))).digest('hex')
}

function checkKaldi(config: z.output<typeof kaldiConfig>): void {
  const { sampleRate, lowFrequency } = config
  const high = upperEdge(config)
  if (high > sampleRate / 2 || high <= lowFrequency) {
    throw new AudioError(`feature config: the mel filters must lie between 0 and ${sampleRate / 2} Hz (half the sample rate), `
      + `got ${lowFrequency} to ${high} Hz; set lowFrequency and highFrequency`)
  }
  if (samplesIn(config.frameLength, sampleRate) < 2 || samplesIn(config.frameShift, sampleRate) < 1) {
    throw new AudioError(`feature config: frameLength ${config.frameLength} ms and frameShift ${config.frameShift} ms are `
      + `less than 2 and 1 samples at ${sampleRate} Hz; both are in milliseconds`)
  }
}
