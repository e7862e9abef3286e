import { writeFileSync } from 'node:fs'

/** A word of a recording and when it is spoken, in seconds. */
export interface PlantedWord {
  word: string
  start: number
  end: number
}

/** One utterance of a speech corpus. */
export interface ManifestEntry {
  /** Path of a WAV file, relative to the manifest's folder or absolute. */
  audio: string
  text: string
  /** Seconds. */
  duration: number
  /** Whose voice it is, where known. */
  speaker?: string
  /** When each word of `text` is spoken, where known. */
  words?: readonly PlantedWord[]
}

/** Writes a speech manifest: JSONL, one entry a line. */
export function writeManifest(path: string, entries: readonly ManifestEntry[]): void {
  const lines = entries.map(({ audio, text, duration, speaker, words }) => JSON.stringify({ audio, text, duration, speaker, words }))
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
}
