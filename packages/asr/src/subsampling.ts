/** Feature frames per encoder frame: two convolutions of stride 2. */
export const SUBSAMPLING = 4

/** Encoder frames of an utterance of `frames` feature frames: ⌈⌈frames / 2⌉ / 2⌉. */
export function encodedLength(frames: number): number {
  return Math.ceil(Math.ceil(frames / 2) / 2)
}
