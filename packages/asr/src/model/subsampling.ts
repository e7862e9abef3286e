/** Feature frames from one encoder frame to the next: two convolutions, the first of stride 2, the second of 2 or 1. */
export type Subsampling = 2 | 4

/** Feature frames that one encoder frame sees: a kernel of 3 over outputs 2 frames apart, each of a kernel of 3. */
export const RECEPTIVE_FIELD = 7

/** Encoder frames of an utterance of `frames` feature frames: ⌈frames / subsampling⌉. */
export function encodedLength(frames: number, subsampling: Subsampling): number {
  return Math.ceil(frames / subsampling)
}

/** Feature frames that `count` encoder frames see, from the first one's first to the last one's last. */
export function framesSeen(count: number, subsampling: Subsampling): number {
  return subsampling * (count - 1) + RECEPTIVE_FIELD
}
