import { existsSync } from 'node:fs'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime/session'
import { z } from 'zod'
import type { Transcript } from './transcript.js'

/** Of a model folder: how transcripts of audio that the model knows look. */
export const FAMILIARITY_FILE = 'familiarity.json'

const familiaritySchema = z.object({
  /** Mean of −ln confidence over words, and its standard deviation. */
  surprise: z.number().min(0),
  deviation: z.number().min(0),
  /** Words in a second of speech, each counted as much as its confidence. */
  wordsPerSecond: z.number().positive(),
  /** How many words this is known from. */
  words: z.int().min(1),
})

export type Familiarity = z.output<typeof familiaritySchema>

/** What of a transcript tells whether the model knows the audio. */
type Evidence = Pick<Transcript, 'words' | 'speech'>

/** Fewer words do not say what is usual. */
const LEAST_WORDS = 20
/**
 * What makes audio unfamiliar: surprise above the usual in nats a word (and a standard error of the mean more), and words that
 * are this many times rarer. Either alone is enough; together shares of them are. README says what these were chosen on.
 */
const SURPRISE = 0.25
const RARENESS = 4

/** Reads a model folder's; undefined where there is none. Throws UsageError, one line, for a file that is none. */
export function readFamiliarity(file: string): Familiarity | undefined {
  return existsSync(file) ? parseConfig(familiaritySchema, readJson(file), file) : undefined
}

/**
 * Measures transcripts of audio that a model should know, best not from its training, and writes the file.
 *
 * @returns what was written; undefined, and nothing is, where there are hardly any words
 */
export function writeFamiliarity(file: string, transcripts: readonly Evidence[]): Familiarity | undefined {
  const words = transcripts.flatMap((one) => one.words)
  const speech = transcripts.reduce((sum, one) => sum + (one.speech ?? 0), 0)
  if (words.length < LEAST_WORDS || speech === 0) return undefined
  const mean = words.reduce((sum, word) => sum + surprise(word), 0) / words.length
  const familiarity = {
    surprise: mean,
    deviation: Math.sqrt(words.reduce((sum, word) => sum + (surprise(word) - mean) ** 2, 0) / words.length),
    wordsPerSecond: words.reduce((sum, { confidence }) => sum + confidence, 0) / speech,
    words: words.length,
  }
  writeFileAtomic(file, `${JSON.stringify(familiarity, null, 2)}\n`)
  return familiarity
}

/**
 * How little a transcript looks like those of audio that the model knows: 1 or more where it should not be trusted. Words the
 * model is unsure of and speech without words add up; little evidence counts little, as if there had been one usual word more.
 */
export function unfamiliarity({ words, speech = 0 }: Evidence, usual: Familiarity): number {
  const count = words.length + 1
  const excess = words.reduce((sum, word) => sum + surprise(word) - usual.surprise, 0) / count
  const sure = words.reduce((sum, { confidence }) => sum + confidence, 0)
  const wordsPerSecond = (sure + 1) / (speech + 1 / usual.wordsPerSecond)
  return Math.max(0, excess) / (SURPRISE + usual.deviation / Math.sqrt(count)) + Math.max(0, Math.log(usual.wordsPerSecond / wordsPerSecond)) / Math.log(RARENESS)
}

/** One sentence for users where audio is not what the model knows. */
export function unfamiliarWarning(transcript: Evidence, usual: Familiarity): string | undefined {
  if (unfamiliarity(transcript, usual) < 1) return undefined
  const { words, speech = 0 } = transcript
  const mean = words.reduce((sum, word) => sum + surprise(word), 0) / words.length
  const found = words.length === 0 ? 'no words'
    : `${words.length} ${words.length === 1 ? 'word' : 'words'} of confidence ${Math.exp(-mean).toFixed(2)}`
  const expected = `about ${Math.max(1, Math.round(usual.wordsPerSecond * speech))} of ${Math.exp(-usual.surprise).toFixed(2)}`
  return `this does not sound like what the model knows: ${found} in ${speech.toFixed(1)} s of sound that is not background, where ${expected} are usual`
}

function surprise({ confidence }: { confidence: number }): number {
  return -Math.log(Math.max(confidence, 1e-9))
}
