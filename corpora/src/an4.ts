import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Recipe } from './recipe.js'
import { readTar } from './tar.js'

/** Of the speakers to train on, sorted by name, each of this many is for development: the fourth, twelfth, … */
const DEVELOPMENT = { every: 8, at: 3 }

interface Row {
  features: string
  text: string
  duration: number
  speaker: string
}

/**
 * AN4 as cepstra: manifests whose entries have `features`, a file of CMU Sphinx, instead of `audio`. `fit` and
 * `development` are the speakers of `train` in two, so that nothing has to be chosen on `valid`.
 */
export const an4: Recipe = {
  name: 'speech-an4-mfcc',
  description: 'AN4: names, numbers and dates spelt by many speakers, 13 mel cepstra a frame: 863 utterances to train, 85 to test',
  licence: 'BSD-style, LICENSE.txt',
  attribution: 'Carnegie Mellon University (the AN4 or census database, Acero and Stern 1990)',
  url: 'https://github.com/cphazen/Machine-Learning-Project-ASR',
  files: {
    'LICENSE.txt': '065196b947a2a8b9b351e4d06d9f582955150e4c628ef0b48ea10488a28d8e57',
    'an4.dic': 'fc9bdde3129339f4cb7c0f8938e2dc569b640155cad994c8aab032b25fcccd5d',
    'train.tar.gz': '54e2d7d0c94e93ce9756583dacb013140bd447228e775466b37671fd757fd910',
    'train.tsv': '07e168b447beefb02fd87b496df7dbdf63fe82ea498003843ee406e9d6275853',
    'valid.tar.gz': 'dbcb7cd0c29d55cadad5164b7945b9617726c6dd3b35a7ea46ba8c1ecd49ceed',
    'valid.tsv': 'a4ee7fb6868fc0d388099db6a82a26a89dd8c252d587b9a76980bbede1d2ea63',
  },
  version: 1,
  outputs: ['train.jsonl', 'valid.jsonl', 'fit.jsonl', 'development.jsonl', 'train.txt', 'fit.txt', 'an4.dic', 'LICENSE.txt'],
  async prepare(read, target) {
    for (const file of ['an4.dic', 'LICENSE.txt']) await writeFile(join(target, file), await read(file))
    await mkdir(join(target, 'mfc'))
    const parts: Record<string, Row[]> = {}
    for (const part of ['train', 'valid']) {
      const archive = `${part}.tar.gz`
      const cepstra = new Map(readTar(gunzipSync(await read(archive)), archive).map(({ path, data }) => [basename(path), data]))
      const rows = new TextDecoder().decode(await read(`${part}.tsv`)).trimEnd().split('\n')
      parts[part] = rows.map((line) => rowOf(line, cepstra, archive))
      for (const { features } of parts[part]) await writeFile(join(target, features), cepstra.get(basename(features)) as Uint8Array)
    }
    const { train, valid } = parts as { train: Row[]; valid: Row[] }
    const speakers = [...new Set(train.map(({ speaker }) => speaker))].sort()
    const held = new Set(speakers.filter((_, i) => i % DEVELOPMENT.every === DEVELOPMENT.at))
    const fit = train.filter(({ speaker }) => !held.has(speaker))
    const manifests = { train, valid, fit, development: train.filter(({ speaker }) => held.has(speaker)) }
    for (const [name, rows] of Object.entries(manifests)) await writeFile(join(target, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    for (const [name, rows] of Object.entries({ train, fit })) await writeFile(join(target, `${name}.txt`), rows.map(({ text }) => `${text}\n`).join(''))
  },
}

function rowOf(line: string, cepstra: ReadonlyMap<string, Uint8Array>, archive: string): Row {
  const [file, speaker, frames, text] = line.split('\t')
  if (file === undefined || speaker === undefined || text === undefined) throw new Error(`the line ${JSON.stringify(line)} should be file, speaker, frames, transcript`)
  if (!cepstra.has(file)) throw new Error(`${archive} has no file ${file}, which the transcripts name`)
  return { features: `mfc/${file}`, text, duration: Number(frames) / 100, speaker }
}
