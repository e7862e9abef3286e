import { z } from 'zod'

/** Milliseconds of the frames that Kaldi and HTK cut. */
const frames = {
  /** Milliseconds; the FFT size is the next power of two in samples. */
  frameLength: z.number().positive().default(25),
  /** Milliseconds from one frame's start to the next. */
  frameShift: z.number().positive().default(10),
}

const rate = z.int().positive()
const filters = (bins: number, lowFrequency: number) => ({
  /** Mel filters. */
  bins: z.int().min(1).default(bins),
  /** Hz. */
  lowFrequency: z.number().min(0).default(lowFrequency),
  /** Hz; 0 or less counts from half the sample rate. */
  highFrequency: z.number().default(0),
})

const deltas = {
  /** 1 appends first differences by regression over two frames on either side, 2 the second ones too. */
  deltas: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(0),
}

const logMel = z.literal('log-mel').default('log-mel')
const mfcc = z.literal('mfcc')
const spectrogram = z.literal('spectrogram')

const kaldi = z.strictObject({
  /** Kaldi's `compute-{fbank,mfcc,spectrogram}-feats`: mel filters with straight flanks in mel, natural logarithm. */
  convention: z.literal('kaldi').default('kaldi'),
  /** Hz. */
  sampleRate: rate.default(16000),
  ...frames,
  /** True: only frames that lie wholly inside the signal. False: one frame per shift, ends mirrored. */
  snipEdges: z.boolean().default(true),
  window: z.enum(['povey', 'hann', 'hamming']).default('povey'),
  /** x[n] - c x[n - 1] within each frame; 0 leaves it out. */
  preEmphasis: z.number().min(0).max(1).default(0.97),
  /** Subtract each frame's mean first. */
  removeDc: z.boolean().default(true),
  /** Samples in [-1, 1) are multiplied by this first: 1 as in icefall and sherpa-onnx, 32768 as in Kaldi itself. */
  sampleScale: z.number().positive().default(1),
  /** Standard deviation of Gaussian noise added to each sample of each frame, in units of the scaled samples. */
  dither: z.number().min(0).default(0),
  /** The noise depends on this, the frame and the place in it alone. */
  ditherSeed: z.int().min(0).default(0),
  /** Energies below this are raised to it before the logarithm (default: float32's epsilon). */
  energyFloor: z.number().positive().default(2 ** -23),
})

const htk = z.strictObject({
  /** HTK's `HCopy` for FBANK and MFCC; ENORMALISE is F. */
  convention: z.literal('htk'),
  /** Hz. */
  sampleRate: rate.default(16000),
  ...frames,
  /** USEHAMMING F is `rectangular`. */
  window: z.enum(['hamming', 'rectangular']).default('hamming'),
  /** PREEMCOEF. */
  preEmphasis: z.number().min(0).max(1).default(0.97),
  /** ZMEANSOURCE, frame by frame. */
  removeDc: z.boolean().default(false),
  /** USEPOWER: filters weigh power instead of magnitude. */
  usePower: z.boolean().default(false),
  /** Samples in [-1, 1) are multiplied by this first; filter outputs below 1 are raised to 1 (HTK's MELFLOOR). */
  sampleScale: z.number().positive().default(32768),
  ...deltas,
})

const librosa = z.strictObject({
  /** librosa 0.10 and later: `melspectrogram`, `mfcc` and `stft` in decibels (`power_to_db`, ref 1, amin 1e-10). */
  convention: z.literal('librosa'),
  /** Hz. */
  sampleRate: rate.default(22050),
  /** Samples, even. */
  fftSize: z.int().min(2).default(2048),
  /** Samples from one frame's start to the next. */
  hopLength: z.int().min(1).default(512),
  /** Samples under the window, at most `fftSize`, which is the default. */
  windowLength: z.int().min(1).optional(),
  /** True: frame t is centred on sample t · hopLength, beyond the ends lies what `padding` says. */
  center: z.boolean().default(true),
  /** `zeros` since librosa 0.10, `reflect` before. */
  padding: z.enum(['zeros', 'reflect']).default('zeros'),
  /** Exponent of the magnitude. */
  power: z.union([z.literal(1), z.literal(2)]).default(2),
  /** Decibels below the recording's maximum at which values are cut off (`top_db`); null: not at all. */
  topDb: z.number().positive().nullable().default(80),
})

const librosaFilters = {
  ...filters(128, 0),
  melScale: z.enum(['slaney', 'htk']).default('slaney'),
  /** `area` is librosa's norm='slaney', `none` its norm=None. */
  melNormalization: z.enum(['area', 'none']).default('area'),
}

const lifter = z.number().min(0)

/** What a convention offers: one strict schema for each kind of feature. */
export const schemas = {
  kaldi: {
    'log-mel': kaldi.extend({ kind: logMel, ...filters(80, 20), ...deltas }),
    mfcc: kaldi.extend({
      kind: mfcc, ...filters(23, 20), ...deltas,
      /** Coefficients, the zeroth included. */
      cepstra: z.int().min(1).default(13),
      /** Cepstral lifter Q: coefficient i is multiplied by 1 + Q/2 sin(π i / Q); 0 leaves it out. */
      lifter: lifter.default(22),
      /** Put the frame's log energy in place of the zeroth coefficient. */
      useEnergy: z.boolean().default(true),
    }),
    /** Log power of every FFT bin; the first is the frame's log energy, as Kaldi has it. */
    spectrogram: kaldi.extend({ kind: spectrogram }),
  },
  htk: {
    'log-mel': htk.extend({ kind: logMel, ...filters(20, 0) }),
    mfcc: htk.extend({
      kind: mfcc, ...filters(20, 0),
      /** NUMCEPS: coefficients from the first on. */
      cepstra: z.int().min(1).default(12),
      /** CEPLIFTER; 0 leaves it out. */
      lifter: lifter.default(22),
      /** What follows them: the zeroth (MFCC_0), the frame's log energy (MFCC_E) or nothing. */
      last: z.enum(['zeroth', 'energy', 'none']).default('zeroth'),
    }),
  },
  whisper: {
    'log-mel': z.strictObject({
      /** OpenAI Whisper's `log_mel_spectrogram`: 400-point FFT each 160 samples, centred frames, Slaney filters, log10, scaled. */
      convention: z.literal('whisper'),
      kind: logMel,
      sampleRate: z.literal(16000).default(16000),
      bins: z.union([z.literal(80), z.literal(128)]).default(80),
    }),
  },
  librosa: {
    'log-mel': librosa.extend({ kind: logMel, ...librosaFilters }),
    mfcc: librosa.extend({
      kind: mfcc, ...librosaFilters,
      /** `n_mfcc`, the zeroth included. */
      cepstra: z.int().min(1).default(20),
      /** Coefficient i is multiplied by 1 + Q/2 sin(π (i + 1) / Q); 0 leaves it out. */
      lifter: lifter.default(0),
    }),
    spectrogram: librosa.extend({ kind: spectrogram }),
  },
} as const

type Schemas = typeof schemas
type KindsOf<C extends keyof Schemas> = Schemas[C][keyof Schemas[C]]
type AnySchema = { [C in keyof Schemas]: KindsOf<C> }[keyof Schemas]

export type Config = z.output<AnySchema>
export type Options = z.input<AnySchema>
