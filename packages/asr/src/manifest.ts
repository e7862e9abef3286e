import { dirname, resolve } from 'node:path'
import { readTextFile } from '@parlance/nn/command-line'
import { z } from 'zod'

/** A recording and its transcript. */
export interface Utterance {
  /** Path of the WAV file, or of the file with its features. */
  audio: string
  text: string
  speaker?: string
  /** When its words are spoken, in seconds, and how, where the manifest says. */
  words?: { word: string; start: number; end: number; phones?: string | undefined }[]
}

const path = z.string().min(1)
const seconds = z.number().min(0)
const entry = z.object({
  audio: path.optional(), features: path.optional(), text: z.string(), duration: seconds.optional(), speaker: z.string().optional(),
  words: z.array(z.object({ word: z.string().min(1), start: seconds, end: seconds, phones: z.string().min(1).optional() })).optional(),
})

/**
 * Reads a speech manifest: JSONL, one object with `audio` (a path, relative to the manifest), `text` and optionally
 * `duration` (seconds), `speaker` and `words` (with times) a line; other fields are ignored. `features` in place of `audio` is a file of precomputed features.
 *
 * @throws Error, one line, naming the line that is wrong, or when there is none
 */
export function readManifest(file: string): Utterance[] {
  const utterances: Utterance[] = []
  for (const [i, line] of readTextFile(file).split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${file}: line ${i + 1}`
    let json: unknown
    try {
      json = JSON.parse(line)
    } catch {
      throw new Error(`${where} is not JSON: expected {"audio": "path.wav", "text": "…"}, got ${shown(line)}.`)
    }
    const result = entry.safeParse(json)
    if (!result.success) {
      const { path, message } = result.error.issues[0] as z.core.$ZodIssue
      const what = path.length > 0 ? `field "${path.join('.')}": ` : ''
      throw new Error(`${where}: ${what}${message.replace(/^Invalid input: /, '')}.`)
    }
    const { audio, features, text, speaker, words } = result.data
    if (audio === undefined && features === undefined) throw new Error(`${where}: it names neither "audio" nor "features".`)
    utterances.push({ audio: resolve(dirname(file), (audio ?? features) as string), text, ...(speaker !== undefined && { speaker }), ...(words && { words }) })
  }
  if (utterances.length === 0) throw new Error(`${file}: has no utterances.`)
  return utterances
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text)
}
