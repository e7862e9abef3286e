import { existsSync } from 'node:fs'
import { Option } from 'commander'
import { EmbeddingError } from '../errors.js'
import { isStarSpaceFolder, loadStarSpace } from '../starspace/model-folder.js'
import { readFastTextBinary } from '../vectors/fasttext-binary.js'
import { isFastTextBinary, readVectors } from '../vectors/files.js'
import type { WordVectors } from '../vectors/word-vectors.js'
import { isWord2VecFolder, loadWord2Vec } from '../word2vec/model-folder.js'

/** `--vectors`, which all commands have that use vectors. */
export function vectorsOption(): Option {
  return new Option('-v, --vectors <file>', '.vec, .txt, .bin (word2vec or fastText), .safetensors, or a model folder').default('vectors.vec')
}

/** Vectors, and how to make one of any word: where there are n-grams, also of words that were never seen. */
export interface LoadedVectors {
  readonly vectors: WordVectors
  vector(word: string): Float32Array | undefined
}

export async function loadVectors(path: string): Promise<LoadedVectors> {
  if (!existsSync(path)) throw new EmbeddingError(`${path}: there is no such file.`)
  if (isStarSpaceFolder(path)) {
    const vectors = loadStarSpace(path).vectors()
    return { vectors, vector: (word) => vectors.vector(word) }
  }
  const folder = isWord2VecFolder(path)
  if (folder || isFastTextBinary(path)) {
    const model = folder ? loadWord2Vec(path).model : readFastTextBinary(path)
    return { vectors: model.vectors(), vector: (word) => model.vector(word) }
  }
  const vectors = await readVectors(path)
  return { vectors, vector: (word) => vectors.vector(word) }
}
