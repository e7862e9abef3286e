import { createHash } from 'node:crypto'
import { AudioError } from '../errors.js'
import { type Config, type Options, schemas } from './schemas.js'

/** Every setting of a feature extraction, defaults filled in. */
export type FeatureConfig = Config
/** What may be left out is: `{}` is 80-bin Kaldi log-mel at 16 kHz, 25 ms every 10 ms. */
export type FeatureOptions = Options

type ObjectSchema = (typeof schemas)['kaldi']['log-mel']

/**
 * Checks options from code or a JSON file and fills in the defaults.
 *
 * @throws AudioError that names the field, for an unknown field or an impossible value
 */
export function parseFeatureConfig(options: unknown): FeatureConfig {
  const given = (typeof options === 'object' && options !== null ? options : {}) as Record<string, unknown>
  const convention = choose('convention', given['convention'] ?? 'kaldi', schemas)
  const kinds: Record<string, unknown> = schemas[convention]
  const kind = choose(`kind (convention "${convention}")`, given['kind'] ?? 'log-mel', kinds)
  // One shape stands for all of them: they are only asked to parse and for their fields' names.
  const schema = kinds[kind] as ObjectSchema
  const result = schema.safeParse(options)
  if (!result.success) {
    const issue = result.error.issues[0]!
    if (issue.code === 'unrecognized_keys') {
      throw new AudioError(`feature config: unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')} `
        + `for convention "${convention}", kind "${kind}"; known fields: ${Object.keys(schema.shape).join(', ')}`)
    }
    throw new AudioError(`feature config: ${issue.path.join('.') || 'the whole'}: ${issue.message}`)
  }
  const config: FeatureConfig = result.data
  check(config)
  return config
}

/** The upper edge of the last filter in Hz. */
export function upperEdge(config: { sampleRate: number; highFrequency: number }): number {
  return config.highFrequency > 0 ? config.highFrequency : config.sampleRate / 2 + config.highFrequency
}

/** Samples that `milliseconds` last, rounded down as Kaldi does. */
export function samplesIn(milliseconds: number, sampleRate: number): number {
  // 22.5 ms at 8 kHz are 180 samples, also where the product comes out as 179.99999999999997.
  return Math.floor(Math.round(sampleRate * milliseconds * 1e3) / 1e6)
}

/** Seconds from one feature frame to the next. */
export function frameSeconds(config: FeatureConfig): number {
  if (config.convention === 'whisper') return 0.01
  const samples = config.convention === 'librosa' ? config.hopLength : samplesIn(config.frameShift, config.sampleRate)
  return samples / config.sampleRate
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

function choose<T extends object>(what: string, value: unknown, among: T): keyof T & string {
  const names = Object.keys(among)
  if (typeof value === 'string' && names.includes(value)) return value as keyof T & string
  throw new AudioError(`feature config: ${what} must be one of ${names.map((name) => `"${name}"`).join(', ')}, got ${JSON.stringify(value)}`)
}

function check(config: FeatureConfig): void {
  const { sampleRate } = config
  if (config.convention === 'whisper') return
  if (config.kind !== 'spectrogram') {
    const high = upperEdge(config)
    if (high > sampleRate / 2 || high <= config.lowFrequency) {
      throw new AudioError(`feature config: the mel filters must lie between 0 and ${sampleRate / 2} Hz (half the sample rate), `
        + `got ${config.lowFrequency} to ${high} Hz; set lowFrequency and highFrequency`)
    }
  }
  if (config.kind === 'mfcc' && config.cepstra > config.bins - (config.convention === 'htk' ? 1 : 0)) {
    throw new AudioError(`feature config: ${config.bins} mel filters give no ${config.cepstra} cepstral coefficients; use fewer cepstra or more bins`)
  }
  if (config.convention === 'librosa') {
    if (config.fftSize % 2 !== 0 || (config.windowLength ?? 1) > config.fftSize) {
      throw new AudioError(`feature config: fftSize must be even and at least windowLength, got ${config.fftSize} and ${config.windowLength ?? config.fftSize}`)
    }
  } else if (samplesIn(config.frameLength, sampleRate) < 2 || samplesIn(config.frameShift, sampleRate) < 1) {
    throw new AudioError(`feature config: frameLength ${config.frameLength} ms and frameShift ${config.frameShift} ms are `
      + `less than 2 and 1 samples at ${sampleRate} Hz; both are in milliseconds`)
  }
}
