import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readWav, writeWav } from '@parlance/audio'
import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { type ManifestEntry, writeManifest } from './manifest.js'

/** A recording of LibriSpeech and what is said in it. */
interface Spoken {
  /** Without the ending. */
  path: string
  name: string
  speaker: string
  text: string
}

/**
 * A part of LibriSpeech (Panayotov et al. 2015; CC BY 4.0), unpacked from OpenSLR SLR12, as a manifest and 16-bit WAV files of
 * 16 kHz: `<output>/<part>.jsonl` and `<output>/<part>/`. Files that are there are not decoded again.
 *
 * @param from the folder of a part, such as `LibriSpeech/train-clean-100`: `<speaker>/<chapter>/<utterance>.flac` (or `.wav`), and in
 *   each chapter `<speaker>-<chapter>.trans.txt`
 * @param done told how many recordings are ready, and of how many
 * @returns the manifest's path
 * @throws Error, one line, for a folder of another form and recordings that cannot be decoded
 */
export async function writeLibrispeech(from: string, output: string, done: (count: number, total: number) => void = () => {}): Promise<string> {
  const spoken = transcripts(from)
  const part = basename(from)
  mkdirSync(join(output, part), { recursive: true })
  const decoder = new FLACDecoder()
  await decoder.ready
  const entries: ManifestEntry[] = []
  try {
    for (const one of spoken) {
      const audio = join(part, `${one.name}.wav`)
      const file = join(output, audio)
      if (!existsSync(file)) {
        // Under its name only once it is whole: a stopped run goes on after the files that are there.
        writeWav(`${file}.part`, await soundOf(one.path, decoder))
        renameSync(`${file}.part`, file)
      }
      const { sampleRate, channels: [samples] } = readWav(file)
      entries.push({ audio, text: one.text, duration: (samples as Float32Array).length / sampleRate, speaker: one.speaker })
      done(entries.length, spoken.length)
    }
  } finally {
    decoder.free()
  }
  const manifest = join(output, `${part}.jsonl`)
  writeManifest(manifest, entries)
  return manifest
}

/** All lines of all chapters, in the order of names. */
function transcripts(from: string): Spoken[] {
  const files = existsSync(from) ? readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.trans.txt')).sort() : []
  if (files.length === 0) {
    throw new Error(`${from}: there is no <speaker>/<chapter>/<speaker>-<chapter>.trans.txt; give the folder of a part of LibriSpeech, such as LibriSpeech/train-clean-100.`)
  }
  return files.flatMap((file) =>
    readFileSync(join(from, file), 'utf8').trimEnd().split('\n').map((line) => {
      const [, name, text] = /^(\S+) (.+)$/.exec(line.trim()) ?? []
      if (name === undefined || text === undefined) throw new Error(`${join(from, file)}: the line ${JSON.stringify(line)} should be an utterance's name and what is said in it.`)
      return { path: join(from, file, '..', name), name, speaker: name.split('-')[0] as string, text }
    }))
}

async function soundOf(path: string, decoder: FLACDecoder): Promise<{ sampleRate: number; channels: Float32Array[] }> {
  if (existsSync(`${path}.wav`)) return readWav(`${path}.wav`)
  if (!existsSync(`${path}.flac`)) throw new Error(`${path}.flac is missing, which the transcripts name: unpack the archive again.`)
  const { channelData, sampleRate, errors } = await decoder.decodeFile(readFileSync(`${path}.flac`))
  await decoder.reset()
  if (errors.length > 0 || channelData.length === 0) throw new Error(`${path}.flac cannot be decoded (${errors[0]?.message ?? 'no sound'}): unpack the archive again.`)
  return { sampleRate, channels: channelData }
}
