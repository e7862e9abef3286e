import loadEspeak from '@echogarden/espeak-ng-emscripten'
import { resample } from '@parlance/audio'
import { Random } from '../random.js'
import type { DigitClip } from './clips.js'
import { DIGIT_WORDS } from './recipe.js'
import { DIGIT_RATE } from './strings.js'

/** Where eSpeak NG has its speakers, and those of them that are no human's. */
const SPEAKERS = '/usr/share/espeak-ng-data/voices/!v'
const UNNATURAL = /^\.|robo|Robot|Demonic|whisper|Tweaky|fast|croak|kaukovalta|Storm/

const ENGLISH = ['en-us', 'en-us-nyc', 'en', 'en-gb-scotland', 'en-gb-x-rp', 'en-gb-x-gbcwmd', 'en-029'] as const
/** How the spelling of another language approaches the English words, for accents. */
const ACCENTS = {
  de: ['siero', 'wann', 'tuh', 'srie', 'fohr', 'faif', 'siks', 'säwen', 'äit', 'nain'],
  fr: ['ziro', 'ouane', 'tou', 'sri', 'for', 'faïve', 'sixe', 'sevène', 'éïte', 'naïne'],
} as const
const ACCENTED = 0.25

/** Of the loudest sample, what counts as silence around a word; and seconds of it that stay. */
const SILENCE = 0.02
const MARGIN = 0.01
/** Renditions of each word by a voice. */
const TAKES = 2

/**
 * Digits as eSpeak NG says them, by voices drawn from its English accents (a quarter from its German and French), its speakers and
 * its ranges of pitch and pace. A voice is a speaker: each says every digit twice.
 */
export async function syntheticDigitClips({ seed, voices }: { seed: number; voices: number }): Promise<DigitClip[]> {
  const espeak = await loadEspeak()
  const synthesizer = new espeak.eSpeakNGWorker()
  const speakers = espeak.FS.readdir(SPEAKERS).filter((name) => !UNNATURAL.test(name)).sort()
  const random = new Random(seed)
  const clips: DigitClip[] = []
  for (let voice = 0; voice < voices; voice++) {
    const accent = random.chance(ACCENTED) ? random.pick(['de', 'fr'] as const) : undefined
    const language = accent ?? random.pick(ENGLISH)
    const words = accent ? ACCENTS[accent] : DIGIT_WORDS
    const name = `${language}+${random.pick(speakers)}`
    // It would go on with the voice before.
    if (synthesizer.set_voice(name) !== 0) throw new Error(`eSpeak NG has no voice ${name}.`)
    const [pitch, rate] = [random.uniform(20, 80), random.uniform(110, 200)]
    for (let take = 0; take < TAKES; take++) {
      for (const [digit, word] of words.entries()) {
        synthesizer.set_pitch(Math.round(pitch + random.uniform(-10, 10)))
        synthesizer.set_range(Math.round(random.uniform(0, 99)))
        synthesizer.set_rate(Math.round(rate * random.uniform(0.85, 1.15)))
        const said = spoken(synthesizer, word + random.pick(['', '', '', ',', '?']))
        clips.push({ speaker: `synthetic-${voice}`, word: DIGIT_WORDS[digit] as string, samples: said })
      }
    }
  }
  return clips
}

type Synthesizer = InstanceType<Awaited<ReturnType<typeof loadEspeak>>['eSpeakNGWorker']>

/** A word without the silence around it, at `DIGIT_RATE`. */
function spoken(synthesizer: Synthesizer, text: string): Float32Array {
  const portions: number[] = []
  synthesizer.synthesize(text, (samples) => {
    for (const sample of samples ?? []) portions.push(sample / 2 ** 15)
    return false
  })
  const rate = synthesizer.get_samplerate()
  const loud = SILENCE * portions.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  const first = portions.findIndex((sample) => Math.abs(sample) >= loud)
  const last = portions.findLastIndex((sample) => Math.abs(sample) >= loud)
  const margin = Math.round(MARGIN * rate)
  return resample(Float32Array.from(portions.slice(Math.max(0, first - margin), last + margin)), rate, DIGIT_RATE)
}
