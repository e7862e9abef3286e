import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { type ManifestEntry, writeManifest } from '../manifest.js'
import { type DigitString, DIGIT_RATE } from './strings.js'

/**
 * Writes strings as `<folder>/<name>/00000.wav` … and the manifest `<folder>/<name>.jsonl`, with the speaker and the times of
 * the words.
 *
 * @param name of the part, such as "train"
 * @returns the manifest's path
 */
export function writeDigitStrings(folder: string, name: string, strings: readonly DigitString[]): string {
  mkdirSync(join(folder, name), { recursive: true })
  const entries = strings.map(({ samples, text, speaker, words }, i): ManifestEntry => {
    const audio = `${name}/${String(i).padStart(5, '0')}.wav`
    writeWav(join(folder, audio), { sampleRate: DIGIT_RATE, channels: [samples] })
    return { audio, text, duration: samples.length / DIGIT_RATE, speaker, words }
  })
  const path = join(folder, `${name}.jsonl`)
  writeManifest(path, entries)
  return path
}
