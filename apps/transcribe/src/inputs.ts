import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SpeechInput } from '@parlance/asr'
import { readWav, resample, toMono } from '@parlance/audio'
import { UsageError } from '@parlance/nn/command-line'

/**
 * The recordings that arguments name: files, the WAV files in folders and below them by name, - for standard input.
 *
 * @throws UsageError where there is nothing to read
 */
export function recordingNames(args: readonly string[]): string[] {
  if (args.length === 0 && process.stdin.isTTY) throw new UsageError('no audio: name WAV files, or send one to standard input.')
  if (args.length === 0) return ['-']
  return args.flatMap((name) => (name !== '-' && statSync(name, { throwIfNoEntry: false })?.isDirectory() ? inFolder(name) : [name]))
}

/** What a name stands for; standard input is read, other files are left to the transcriber. */
export function speechInput(name: string, sampleRate: number): SpeechInput {
  if (name !== '-') return name
  const audio = readWav(readFileSync(0), { name: 'standard input' })
  return resample(toMono(audio), audio.sampleRate, sampleRate)
}

function inFolder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.wav$/iu.test(name)).sort()
  if (names.length === 0) throw new UsageError(`${folder}: there are no WAV files in this folder.`)
  return names.map((name) => join(folder, name))
}
