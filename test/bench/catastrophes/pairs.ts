import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

export type Pair = readonly [source: string, target: string]

/** The Tatoeba pairs English to `language` that lie in the folder that `PARLANCE_CORPORA` names. */
export function tatoebaPairs(language: string, split: 'train' | 'valid' | 'test'): Pair[] {
  const folder = process.env.PARLANCE_CORPORA
  if (!folder) throw new Error('PARLANCE_CORPORA does not name the folder with tatoeba-en-de and tatoeba-en-fr: set it.')
  const file = path.join(folder, `tatoeba-en-${language}`, `${split}.tsv.gz`)
  if (!existsSync(file)) throw new Error(`${file}: there is no such file: put the corpus into the folder that PARLANCE_CORPORA names.`)
  return gunzipSync(readFileSync(file)).toString().trim().split('\n').map((line): Pair => {
    const [source = '', target = ''] = line.split('\t')
    return [source, target]
  })
}
