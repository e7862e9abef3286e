import { readFileSync } from 'node:fs'
import { type SpeechInput, Transcriber, type Transcript } from '@parlance/asr'
import { readWav, resample, toMono } from '@parlance/audio'
import { UsageError } from '@parlance/nn/command-line'

export interface TranscribeFlags {
  model?: string
  format: 'text' | 'json'
  batchSize: number
  threads?: number
}

/** `parlance-transcribe FILE.wav…`: one text, or a line `file TAB text` for each of several files, or a JSON array. */
export async function transcribe(files: readonly string[], { model, format, batchSize, threads }: TranscribeFlags): Promise<void> {
  if (model === undefined) throw new UsageError('no model: give --model DIR, a folder that parlance-transcribe train wrote.')
  if (files.length === 0 && process.stdin.isTTY) throw new UsageError('no audio: name WAV files, or send one to standard input.')
  const transcriber = await Transcriber.load(model, threads === undefined ? {} : { threads })
  const names = files.length > 0 ? files : ['-']
  const inputs = names.map((name): SpeechInput => (name === '-' ? readStandardInput(transcriber.sampleRate) : name))
  process.stdout.write(formatted(names, transcriber.transcribe(inputs, { batchSize }), format))
}

function formatted(names: readonly string[], transcripts: readonly Transcript[], format: 'text' | 'json'): string {
  if (format === 'json') {
    const entries = transcripts.map(({ text, duration }, i) => ({ file: names[i], text, duration }))
    return `${JSON.stringify(entries, null, 2)}\n`
  }
  return transcripts.map(({ text }, i) => (names.length === 1 ? `${text}\n` : `${names[i]}\t${text}\n`)).join('')
}

function readStandardInput(sampleRate: number): Float32Array {
  const audio = readWav(readFileSync(0), { name: 'standard input' })
  return resample(toMono(audio), audio.sampleRate, sampleRate)
}
