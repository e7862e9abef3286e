/** Input from which no n-gram model can be trained, scored or read. */
export class NgramError extends Error {
  override name = 'NgramError'
}
