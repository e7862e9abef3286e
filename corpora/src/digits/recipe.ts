import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readWav } from '@parlance/audio'
import { type ManifestEntry, writeManifest } from '../manifest.js'
import type { Recipe } from '../recipe.js'
import { readTar } from '../tar.js'

const PARTS = ['train', 'valid', 'test'] as const

/** What the digits 0 to 9 are called. */
export const DIGIT_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const

/** Single digits. A name `DIGIT_SPEAKER_INDEX.wav` is the transcript; the index decides the part. */
export const spokenDigits: Recipe = {
  name: 'speech-fsdd',
  description: 'Spoken digits "zero" to "nine", five of the six speakers, 8 kHz: 2,100 clips to train, 150 to validate, 150 to test',
  licence: 'CC BY-SA 4.0',
  attribution: 'Free Spoken Digit Dataset, Zohar Jackson and contributors',
  url: 'https://github.com/Jakobovski/free-spoken-digit-dataset',
  files: {
    'train.tar.gz': '9e9007a782b97fe96266440b69018236dee706106f60435d294b9408f3d43200',
    'valid.tar.gz': 'e709d8b72c0d9bedbc99a064d9914ee0f566a956499519c280dca44f926dd907',
    'test.tar.gz': 'd54f3d104d530378d48a8e288eba651df8ada9af2e80e8e8720c994119c4f7b4',
  },
  version: 1,
  outputs: PARTS.map((part) => `${part}.jsonl`),
  async prepare(read, target) {
    for (const part of PARTS) {
      const archive = `${part}.tar.gz`
      const clips = readTar(gunzipSync(await read(archive)), archive)
        .filter(({ path }) => path.endsWith('.wav'))
        .map(({ path, data }) => ({ file: basename(path), data }))
        .sort((a, b) => (a.file < b.file ? -1 : 1))
      await mkdir(join(target, part))
      const entries: ManifestEntry[] = []
      for (const { file, data } of clips) {
        const audio = `${part}/${file}`
        const { samples, sampleRate } = readWav(data, { name: file })
        await writeFile(join(target, audio), data)
        entries.push({ audio, ...spoken(file), duration: samples / sampleRate })
      }
      writeManifest(join(target, `${part}.jsonl`), entries)
    }
  },
}

/** `7_jackson_32.wav` → "seven", by jackson */
function spoken(file: string): { text: string; speaker: string } {
  const [digit, speaker] = file.split('_')
  const text = DIGIT_WORDS[Number(digit)]
  if (text === undefined || !speaker) throw new Error(`${file}: the name should be DIGIT_SPEAKER_INDEX.wav`)
  return { text, speaker }
}
