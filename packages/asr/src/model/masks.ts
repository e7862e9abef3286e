import { lengthMask, paddingMask } from '@parlance/nn'
import { iota, tf } from '@parlance/runtime'

/** What is added to the score of a frame that must not be seen. */
const HIDDEN = -1e9

function int(value: number): tf.Scalar {
  return tf.scalar(value, 'int32')
}

/** 0 where `hidden` is false and −1e9 where it is true. */
function asMask(hidden: tf.Tensor): tf.Tensor {
  return tf.mul(tf.cast(hidden, 'float32'), HIDDEN)
}

/**
 * Attention to at most `context` frames on either side.
 *
 * @param lengths int32 (N)
 * @returns (N, 1, T, T), added to scores
 */
export function windowMask(lengths: tf.Tensor, frames: number, context: number): tf.Tensor {
  const time = iota(frames)
  const distance = tf.abs(tf.sub(tf.expandDims(time, 1), tf.expandDims(time, 0)))
  return tf.add(paddingMask(lengthMask(lengths, frames)), asMask(tf.greater(distance, int(context))))
}

export interface ChunkMaskOptions {
  /** int32 (N): how many of the frames are real. */
  lengths: tf.Tensor
  /** T, the first at the start of a chunk. */
  frames: number
  /** Frames of a chunk. */
  chunk: number
  /** Frames before its chunk that a frame sees. */
  leftContext: number
  /** Of a stream: how many keys lie before the frames, and int32 (N) of how many frames came before, which are real. */
  past?: { keys: number; processed: tf.Tensor }
}

/**
 * Attention in chunks, as streaming Conformers have it: a frame sees its whole chunk and `leftContext` frames before it
 * (Zhang et al. 2020, "Unified streaming and non-streaming two-pass end-to-end model", section 2.2).
 *
 * @returns (N, 1, T, past + T), added to scores
 */
export function chunkMask({ lengths, frames, chunk, leftContext, past }: ChunkMaskOptions): tf.Tensor {
  const query = tf.expandDims(iota(frames), 1)
  const start = tf.mul(tf.floorDiv(query, int(chunk)), int(chunk))
  const own = iota(frames)
  const key = past ? tf.concat([tf.neg(tf.add(tf.reverse(iota(past.keys)), int(1))), own]) : own
  const keys = tf.expandDims(key, 0)
  const early = tf.less(keys, tf.sub(start, int(leftContext)))
  const late = tf.greaterEqual(keys, tf.add(start, int(chunk)))
  const row = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 1, 1, 1])
  const all = tf.reshape(key, [1, 1, 1, -1])
  const beyond = tf.greaterEqual(all, row(lengths))
  const outside = past ? tf.logicalOr(beyond, tf.less(all, tf.neg(row(past.processed)))) : beyond
  return tf.add(asMask(outside), asMask(tf.logicalOr(early, late)))
}
