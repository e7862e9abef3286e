/** Input that cannot be worked with: a broken file, a word that is not there, options that do not go together. */
export class EmbeddingError extends Error {
  override readonly name = 'EmbeddingError'
}
