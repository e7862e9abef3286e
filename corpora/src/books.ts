import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Recipe } from './recipe.js'

const FILES = {
  'anna-karenina.txt.gz': 'a6024a0443e46c4e495b533fc8dd00c052047923b67fb2ae87f71e1f6ec56573',
  'bleak-house.txt.gz': '83af3fe7d94b11938bc7f9ec5c681265b63efecaf692cb479f28e127140e6593',
  'david-copperfield.txt.gz': '6eeb04445c092c8e0c124ac127be777dd0865b52d44bb74c3dd3ea436cf41ede',
  'don-quixote.txt.gz': 'b0ca0386ecee4ca84757e0ee1edbb31c8ef5636ef313469c4e06c9f0e41aea62',
  'great-expectations.txt.gz': 'd943fc4950293a8c230fa8e962d729000bcfe3a0c77e6ea26900b7b2a53a32b0',
  'history-us.txt.gz': '29af0070503a114cfd459ff67e12571d6dff149217bcbb61f22809f985d001e4',
  'middlemarch.txt.gz': '1b8bdfb533f3a7b70da64a40ec6101fa3d1ccea8c06983bd122f5ac66d45affd',
  'moby-dick.txt.gz': 'dde50a002f8a05be5f7ac881ecc66fa2fda72cd9056f1c8e0fdc12f8a2c21625',
  'sherlock-holmes.txt.gz': '9b8c881551a1d3f5e29c9959e5f925cbd0d1595223b2b6329190e3c245e7914f',
  'war-and-peace.txt.gz': '4402524223b670e2d3f88ebfef46dd7936a7e611c394297cea781b0056f0d7ad',
}

/**
 * The words of a text for word embeddings, a paragraph a line: lower case, what stands between letters and digits becomes
 * one space. Apostrophes fall away with the rest (`don't` is `don t`), as in the corpora of word2vec's examples.
 */
export function wordLines(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim())
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('')
}

/** Ten novels and histories in one file, as words. */
export const books: Recipe = {
  name: 'books',
  description: 'Ten English novels and histories: 3.1 million words, lower case, a paragraph a line',
  licence: 'public domain in the USA (published before 1929)',
  attribution: 'their authors and translators; texts from Project Gutenberg',
  url: 'https://www.gutenberg.org/',
  files: FILES,
  version: 1,
  outputs: ['words.txt'],
  async prepare(read, target) {
    const texts: string[] = []
    for (const file of Object.keys(FILES)) texts.push(wordLines(gunzipSync(await read(file)).toString('utf8')))
    await writeFile(join(target, 'words.txt'), texts.join(''))
  },
}
