import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { an4 } from './an4.js'
import { books } from './books.js'
import { spokenDigits } from './digits/recipe.js'
import { graphs } from './graphs.js'
import type { Recipe } from './recipe.js'
import { yesNo } from './yes-no.js'

/** Writes each output from the file that has its name and ".gz". */
const gunzipAll = (outputs: readonly string[]): Recipe['prepare'] => async (read, target) => {
  for (const output of outputs) await writeFile(join(target, output), gunzipSync(await read(`${output}.gz`)))
}

const wikiText2: Recipe = {
  name: 'wikitext-2',
  description: 'WikiText-2, word level: 2.09 and 0.22 million tokens of Wikipedia articles',
  licence: 'CC BY-SA 3.0 and GFDL, as the Wikipedia text it is made of',
  attribution: 'Wikipedia contributors; WikiText by Stephen Merity, Salesforce Research (Merity et al. 2016, "Pointer Sentinel Mixture Models")',
  url: 'https://github.com/pytorch/examples/tree/main/word_language_model/data/wikitext-2',
  files: {
    'train.txt.gz': 'fc9790d81cb8f08d3cfc5765fc8e67dcf8fe00845c1365914b81da130bbd79ce',
    'valid.txt.gz': '3cdd8cb5bb349a05840c7c3bef9578d90d64df77e27e0c25c033ba9342757ee3',
  },
  upstream: {
    'train.txt': '9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f',
    'valid.txt': 'f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8',
  },
  version: 1,
  outputs: ['train.txt', 'valid.txt'],
  prepare: gunzipAll(['train.txt', 'valid.txt']),
}

const tinyShakespeare: Recipe = {
  name: 'tinyshakespeare',
  description: 'Tiny Shakespeare: the first 90% of the characters for training, the next 5% for validation',
  licence: 'public domain',
  attribution: 'William Shakespeare; selection by Andrej Karpathy (char-rnn)',
  url: 'https://github.com/karpathy/char-rnn/blob/master/data/tinyshakespeare/input.txt',
  files: {
    'train.txt': '8b1558a3b33e760f5ba25b4270556cbc14fb2fe00c6f4c85e8da6db0e2954430',
    'valid.txt': 'd4160a0eda7c397e8ec843be410f69e00d26fbbb397a0c7ab2b18c59d2a6b0c1',
  },
  version: 1,
  outputs: ['train.txt', 'valid.txt'],
  async prepare(read, target) {
    for (const output of this.outputs) await writeFile(join(target, output), await read(output))
  },
}

const tatoebaEnDe: Recipe = {
  name: 'tatoeba-en-de',
  description: 'Tatoeba English TAB German, short sentences first: 158,217 pairs to train, 3,176 to validate, 3,323 to test',
  licence: 'CC BY 2.0',
  attribution: 'tatoeba.org and www.manythings.org/anki',
  url: 'https://www.manythings.org/anki/',
  files: {
    'train.tsv.gz': '57d39492d29c59688c470a04bf701d0e0e4ac678a6272fa294eabe7a0812fa08',
    'valid.tsv.gz': 'b7d05f8e4809594ec907b7dea5d3d1e335abf7da430df35e480274fb9850e47c',
    'test.tsv.gz': '997ea2bb225e982371fee3fe531e22386e27924ef672b0ceb6475f80615dc7fe',
  },
  version: 1,
  outputs: ['train.tsv', 'valid.tsv', 'test.tsv'],
  prepare: gunzipAll(['train.tsv', 'valid.tsv', 'test.tsv']),
}

const tatoebaEnFr: Recipe = {
  name: 'tatoeba-en-fr',
  description: 'Tatoeba English TAB French, short sentences first: 155,816 pairs to train, 3,165 to validate, 3,294 to test',
  licence: 'CC BY 2.0',
  attribution: 'tatoeba.org and www.manythings.org/anki',
  url: 'https://www.manythings.org/anki/',
  files: {
    'train.tsv.gz': 'f3d6694c8ead8cfae6b29c13716c09a1f9462dcdf8b50b27e0509ffb5de3a82c',
    'valid.tsv.gz': '5725fb24126bc19db3fcdae51bb23019708d810c96e78d102833368ec6dbe7dd',
    'test.tsv.gz': '7cae0a75e6ac6d0a710c734836c4cd9f32a5e3a6b5fab70b0b9a9a3ef48393a9',
  },
  version: 1,
  outputs: ['train.tsv', 'valid.tsv', 'test.tsv'],
  prepare: gunzipAll(['train.tsv', 'valid.tsv', 'test.tsv']),
}

/** Every recipe, by name. */
export const recipes: readonly Recipe[] = [wikiText2, tinyShakespeare, books, tatoebaEnDe, tatoebaEnFr, yesNo, spokenDigits, an4, ...graphs]
