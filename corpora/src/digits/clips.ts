import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readWav, toMono } from '@parlance/audio'
import { prepare } from '../prepare.js'
import type { ManifestEntry } from '../manifest.js'

/** One spoken digit. */
export interface DigitClip {
  speaker: string
  word: string
  /** At 8 kHz. */
  samples: Float32Array
}

/** The clips of a part of `speech-fsdd`. */
export async function digitClips(part: 'train' | 'valid' | 'test'): Promise<DigitClip[]> {
  const manifest = (await prepare('speech-fsdd'))[`${part}.jsonl`]!
  return readFileSync(manifest, 'utf8').trimEnd().split('\n').map((line) => {
    const { audio, text, speaker = '' } = JSON.parse(line) as ManifestEntry
    return { speaker, word: text, samples: toMono(readWav(join(dirname(manifest), audio))) }
  })
}
