import { existsSync, fstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SpeechInput } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'

/** Where standard input can be opened as a file, on some systems. */
const STANDARD_INPUT = '/dev/stdin'

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

/**
 * What names stand for: standard input is read to its end, unless it is a file, which can be read piece by piece as others
 * are.
 */
export async function speechInputs(names: readonly string[]): Promise<SpeechInput[]> {
  const standardInput = names.includes('-') ? await readStandardInput() : ''
  return names.map((name) => (name === '-' ? standardInput : name))
}

async function readStandardInput(): Promise<SpeechInput> {
  if (fstatSync(0).isFile() && existsSync(STANDARD_INPUT)) return STANDARD_INPUT
  const parts: Buffer[] = []
  for await (const part of process.stdin as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

function inFolder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.wav$/iu.test(name)).sort()
  if (names.length === 0) throw new UsageError(`${folder}: there are no WAV files in this folder.`)
  return names.map((name) => join(folder, name))
}
