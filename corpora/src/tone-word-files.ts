import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { type ManifestEntry, writeManifest } from './manifest.js'
import { generateToneWords, type ToneWordOptions } from './tone-words.js'

/**
 * Writes generated utterances as `<folder>/<name>/00000.wav` … and the manifest `<folder>/<name>.jsonl`.
 *
 * @param name of the part, such as "train"
 * @returns the manifest's path
 */
export function writeToneWordManifest(folder: string, name: string, options: ToneWordOptions): string {
  mkdirSync(join(folder, name), { recursive: true })
  const entries = generateToneWords(options).map(({ samples, sampleRate, text }, i): ManifestEntry => {
    const audio = `${name}/${String(i).padStart(5, '0')}.wav`
    writeWav(join(folder, audio), { sampleRate, channels: [samples] })
    return { audio, text, duration: samples.length / sampleRate }
  })
  const path = join(folder, `${name}.jsonl`)
  writeManifest(path, entries)
  return path
}
