import { Random } from './random.js'

export interface ToneWordOptions {
  seed: number
  /** Number of utterances. */
  utterances: number
  /** Hz, at least 8000 (default 8000). */
  sampleRate?: number
}

export interface ToneUtterance {
  /** Shape (N), in (-1, 1). */
  samples: Float32Array
  /** Hz. */
  sampleRate: number
  /** The words, separated by spaces. */
  text: string
  /** Where each word lies, in seconds. */
  words: { word: string; start: number; end: number }[]
}

/** One sounding piece of a word: three resonances in Hz with falling strength. */
type Chord = readonly [number, number, number]

/** Resonances like those of vowels (Peterson and Barney 1952, rounded and spread apart), below 3.6 kHz. */
const CHORDS = {
  i: [280, 2300, 3100], e: [480, 1950, 2600], a: [760, 1250, 2500], o: [520, 850, 2400], u: [310, 700, 2200], y: [300, 1750, 2150],
} as const satisfies Record<string, Chord>

/** Each word is its own sequence of chords; no two begin with the same two. */
const WORDS: readonly (readonly [string, readonly (keyof typeof CHORDS)[]])[] = [
  ['ALTO', ['a', 'o']], ['BRIM', ['i', 'u', 'i']], ['CEDAR', ['e', 'a']], ['DUNE', ['u', 'e']], ['EMBER', ['e', 'y', 'e']],
  ['FJORD', ['y', 'o']], ['GIRO', ['i', 'o', 'a']], ['HAZEL', ['a', 'e', 'u']], ['INDIGO', ['i', 'y', 'o']], ['JUNO', ['u', 'o']],
]

/** The words that utterances are made of. */
export const TONE_WORDS: readonly string[] = WORDS.map(([word]) => word)

/** Seconds. */
const EDGE = { least: 0.1, most: 0.25 }
const PAUSE = { least: 0.06, most: 0.2 }
const CHORD = { least: 0.09, most: 0.16 }
const RAMP = 0.015
const LOWEST_RATE = 8000

/**
 * Spoken-like utterances of 2 to 6 words, each word a sequence of two or three vowel-like chords over a voice pitch.
 *
 * Pitch, resonances, durations, pauses, loudness and background noise vary from word to word or from utterance to
 * utterance, so that a recogniser has to learn the sequence of resonances.
 */
export function generateToneWords({ seed, utterances, sampleRate = LOWEST_RATE }: ToneWordOptions): ToneUtterance[] {
  if (!Number.isInteger(utterances) || utterances < 0) throw new RangeError(`utterances must be 0 or more, got ${utterances}`)
  if (!Number.isInteger(sampleRate) || sampleRate < LOWEST_RATE) {
    throw new RangeError(`the sample rate must be an integer of at least ${LOWEST_RATE} Hz, got ${sampleRate}`)
  }
  const random = new Random(seed)
  return Array.from({ length: utterances }, () => utterance(random, sampleRate))
}

function utterance(random: Random, sampleRate: number): ToneUtterance {
  const seconds = (range: { least: number; most: number }) => Math.round(random.uniform(range.least, range.most) * sampleRate)
  // A speaker: voice pitch, vocal tract length, pace.
  const pitch = random.uniform(95, 220)
  const tract = random.uniform(0.95, 1.05)
  const pace = random.uniform(0.85, 1.2)

  const count = 2 + random.integer(5)
  const pieces: { word: string; samples: Float32Array; start: number }[] = []
  let length = seconds(EDGE)
  for (let i = 0; i < count; i++) {
    if (i > 0) length += seconds(PAUSE)
    const [word, chords] = random.pick(WORDS)
    const durations = chords.map(() => Math.round(seconds(CHORD) * pace))
    const samples = sound(random, chords.map((name) => CHORDS[name]), durations, pitch, tract, sampleRate)
    pieces.push({ word, samples, start: length })
    length += samples.length
  }
  length += seconds(EDGE)

  const noise = Math.sqrt(3) * 10 ** random.uniform(-3.2, -2.2)
  const samples = new Float32Array(length)
  for (let i = 0; i < length; i++) samples[i] = random.uniform(-noise, noise)
  for (const piece of pieces) {
    for (const [i, value] of piece.samples.entries()) samples[piece.start + i]! += value
  }
  return {
    samples,
    sampleRate,
    text: pieces.map(({ word }) => word).join(' '),
    words: pieces.map(({ word, start, samples: { length: size } }) => ({
      word, start: start / sampleRate, end: (start + size) / sampleRate,
    })),
  }
}

/** The chords of a word, gliding into each other, the voice pitch pulsing their loudness. */
function sound(
  random: Random, chords: readonly Chord[], durations: readonly number[], pitch: number, tract: number, sampleRate: number,
): Float32Array {
  const gain = random.uniform(0.12, 0.35)
  const voice = pitch * random.uniform(0.93, 1.07)
  const fall = random.uniform(-0.15, 0.1)
  const total = durations.reduce((sum, n) => sum + n, 0)
  const ramp = RAMP * sampleRate
  const tuned = chords.map((chord) => chord.map((hertz) => hertz * tract * random.uniform(0.97, 1.03)))
  const samples = new Float32Array(total)
  const phases = [0, 0, 0]
  let pulse = 0
  for (let i = 0, chord = 0, left = durations[0]!; i < total; i++, left--) {
    while (left === 0) left = durations[++chord]!
    pulse += voice * (1 + fall * i / total) / sampleRate
    const pulsing = 0.55 + 0.45 * Math.cos(2 * Math.PI * pulse)
    const next = tuned[chord + 1]
    // The last third of a chord glides to the next one.
    const glide = next ? Math.max(0, 1 - 3 * left / durations[chord]!) : 0
    let value = 0
    for (let k = 0; k < 3; k++) {
      const hertz = tuned[chord]![k]! * (1 - glide) + (next?.[k] ?? 0) * glide
      phases[k] = (phases[k]! + hertz / sampleRate) % 1
      value += Math.sin(2 * Math.PI * phases[k]!) / (1 + k)
    }
    const envelope = Math.min(1, i / ramp, (total - 1 - i) / ramp)
    samples[i] = gain * envelope * pulsing * value
  }
  return samples
}
