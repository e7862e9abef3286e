import { writeFileSync } from 'node:fs'

/** One utterance of a speech corpus. */
export interface ManifestEntry {
  /** Path of a WAV file, relative to the manifest's folder or absolute. */
  audio: string
  text: string
  /** Seconds. */
  duration: number
}

/** Writes a speech manifest: JSONL, one entry a line. */
export function writeManifest(path: string, entries: readonly ManifestEntry[]): void {
  writeFileSync(path, entries.map(({ audio, text, duration }) => `${JSON.stringify({ audio, text, duration })}\n`).join(''))
}
