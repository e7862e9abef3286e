/** Bad audio input. The message is one line: what was wrong, what was got, what to do. */
export class AudioError extends Error {
  override name = 'AudioError'
}
