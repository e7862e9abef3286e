import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readWav } from '@parlance/audio'
import { type ManifestEntry, writeManifest } from './manifest.js'
import type { Recipe } from './recipe.js'
import { readTar } from './tar.js'

/** Sorted by name, the recordings after this many are for testing. */
const TRAINING_FILES = 24

/**
 * The recordings of the Kaldi recipe's training part (their names begin with 0) in two: sorted by name, the first 24
 * train and the last 7 test. A name spells its words: 1 is YES (Hebrew "ken"), 0 is NO ("lo").
 */
export const yesNo: Recipe = {
  name: 'speech-yesno',
  description: 'Yes/no: one speaker, eight Hebrew words a recording, 8 kHz: 24 recordings to train, 7 to test',
  licence: 'no text of its own: made "to provide a way to test out the Kaldi scripts for free", kept in Apache-2.0 repositories',
  attribution: 'an anonymous contributor to the Kaldi project (OpenSLR SLR1)',
  url: 'https://www.openslr.org/1/',
  files: { 'train.tar.gz': 'a20ddd51ec7462e1df262de9746d7c02f3d862679078f03f12aa2950a614cd54' },
  version: 1,
  outputs: ['train.jsonl', 'test.jsonl'],
  async prepare(read, target) {
    const archive = 'train.tar.gz'
    const recordings = readTar(gunzipSync(await read(archive)), archive)
      .filter(({ path }) => path.endsWith('.wav'))
      .map(({ path, data }) => ({ file: basename(path), data }))
      .sort((a, b) => (a.file < b.file ? -1 : 1))
    await mkdir(join(target, 'wav'))
    const entries: ManifestEntry[] = []
    for (const { file, data } of recordings) {
      const audio = `wav/${file}`
      const { samples, sampleRate } = readWav(data, { name: file })
      await writeFile(join(target, audio), data)
      entries.push({ audio, text: transcript(file), duration: samples / sampleRate })
    }
    writeManifest(join(target, 'train.jsonl'), entries.slice(0, TRAINING_FILES))
    writeManifest(join(target, 'test.jsonl'), entries.slice(TRAINING_FILES))
  },
}

/** `0_1_1_0_0_1_1_0.wav` → "NO YES YES NO NO YES YES NO" */
function transcript(file: string): string {
  return file.replace(/\.wav$/, '').split('_').map((digit) => {
    if (digit !== '0' && digit !== '1') throw new Error(`${file}: the name should spell words as 0 and 1, got "${digit}"`)
    return digit === '1' ? 'YES' : 'NO'
  }).join(' ')
}
