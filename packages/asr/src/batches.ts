import { epochBatches } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import { augment } from './augment.js'
import type { TrainingConfig } from './config.js'
import type { Recordings } from './recordings.js'
import { SUBSAMPLING } from './subsampling.js'

/** A batch of utterances, padded to a static size. */
export interface SpeechBatch extends tf.TensorContainerObject {
  /** (N, T, F) */
  features: tf.Tensor
  /** int32 (N): feature frames of each. */
  frames: tf.Tensor
  /** int32 (N, L) */
  labels: tf.Tensor
  /** int32 (N): labels of each. */
  labelLengths: tf.Tensor
  /** int32 (N): which utterance each is. */
  examples: tf.Tensor
}

/** A size to which utterances are padded: T frames and L labels. */
interface Bucket {
  frames: number
  labels: number
}

/** An utterance with the features to use for it. */
interface Item {
  index: number
  /** The most frames it may have. */
  most: number
  speed: number
}

/**
 * Sizes for utterances of these lengths, so that about as many fall into each.
 *
 * @returns 1 to `count` buckets, growing in both sizes
 */
export function makeBuckets(items: readonly { frames: number; labels: number }[], count: number): Bucket[] {
  const sorted = [...items].sort((a, b) => a.frames - b.frames)
  const buckets: Bucket[] = []
  let labels = 1
  for (let k = 1, from = 0; k <= count; k++) {
    const to = Math.round((sorted.length * k) / count)
    for (const item of sorted.slice(from, to)) labels = Math.max(labels, item.labels)
    from = to
    const frames = Math.ceil((sorted[to - 1]?.frames ?? 0) / SUBSAMPLING) * SUBSAMPLING
    const last = buckets.at(-1)
    if (last?.frames === frames) last.labels = labels
    else if (frames > 0) buckets.push({ frames, labels })
  }
  return buckets
}

/**
 * The batches of training as a function of the step (1 is the first). Each epoch draws a speed and masks for every
 * utterance and shuffles; an utterance's draw depends on (seed, epoch, utterance) alone. What does not fill a batch of
 * its bucket goes into the next larger one; what is left at the end of the largest waits for another epoch.
 *
 * @param usable indices of the recordings to train on
 * @param mean shape (F), of the training features: stands for what is hidden
 */
export function trainingBatches(
  recordings: Recordings,
  usable: readonly number[],
  mean: readonly number[],
  { augmentation, features, seed, ...config }: TrainingConfig,
): (step: number) => SpeechBatch {
  const batchSize = Math.min(config.batchSize, usable.length)
  const speedsOf = new Map(
    usable.map((index) => {
      const possible = augmentation.speeds.filter((speed) => recordings.fits(index, speed))
      return [index, possible.length > 0 ? possible : [1]]
    }),
  )
  const buckets = makeBuckets(
    usable.flatMap((index) =>
      (speedsOf.get(index) as number[]).map((speed) => ({
        frames: recordings.mostFrames(index, speed),
        labels: (recordings.labels[index] as Int32Array).length,
      })),
    ),
    config.buckets,
  )
  const augmentRandom = (epoch: number, index: number) => new Random(seed, 'augment', epoch, index)

  const plan = (epoch: number): { bucket: Bucket; items: Item[] }[] => {
    const order = new Random(seed, 'order', epoch).permutation(usable.length)
    const items = [...order].map((at): Item => {
      const index = usable[at] as number
      const speeds = speedsOf.get(index) as number[]
      const speed = speeds[augmentRandom(epoch, index).fork('speed').integer(speeds.length)] as number
      return { index, speed, most: recordings.mostFrames(index, speed) }
    })
    const batches: { bucket: Bucket; items: Item[] }[] = []
    let waiting: Item[] = []
    let above = 0
    for (const bucket of buckets) {
      const floor = above
      waiting.push(...items.filter(({ most }) => most > floor && most <= bucket.frames))
      above = bucket.frames
      const whole = waiting.length - (waiting.length % batchSize)
      for (let i = 0; i < whole; i += batchSize) batches.push({ bucket, items: waiting.slice(i, i + batchSize) })
      waiting = waiting.slice(whole)
    }
    return [...new Random(seed, 'batches', epoch).permutation(batches.length)].map((i) => batches[i] as (typeof batches)[0])
  }
  const at = epochBatches(plan)
  return (step) => {
    const { epoch, batch } = at(step)
    return makeBatch(recordings, batch.bucket, batch.items, ({ index, speed }) => {
      const original = recordings.features(index, speed)
      const options = { ...augmentation, convention: features.convention }
      return augment(original, mean, options, augmentRandom(epoch, index).fork('masks'))
    })
  }
}

export interface EvaluationBatch {
  /** Which utterance each row is. */
  indices: number[]
  make: () => SpeechBatch
}

/** Batches that hold every utterance as it is, in static sizes; the last one of a size repeats its last utterance. */
export function evaluationBatches(recordings: Recordings, batchSize: number, buckets: number): EvaluationBatch[] {
  const items = Array.from({ length: recordings.count }, (_, index): Item => ({ index, speed: 1, most: recordings.features(index).frames }))
  const sizes = makeBuckets(
    items.map(({ index, most }) => ({ frames: Math.max(1, most), labels: (recordings.labels[index] as Int32Array).length })),
    buckets,
  )
  const batches: EvaluationBatch[] = []
  const rows = Math.min(batchSize, items.length)
  let above = -1
  for (const bucket of sizes) {
    const floor = above
    const inside = items.filter(({ most }) => most > floor && most <= bucket.frames)
    above = bucket.frames
    for (let i = 0; i < inside.length; i += rows) {
      const some = inside.slice(i, i + rows)
      while (some.length < rows) some.push(some.at(-1) as Item)
      batches.push({
        indices: some.map(({ index }) => index),
        make: () => makeBatch(recordings, bucket, some, ({ index }) => recordings.features(index).data),
      })
    }
  }
  return batches
}

function makeBatch(
  recordings: Recordings,
  bucket: Bucket,
  items: readonly Item[],
  featuresOf: (item: Item) => Float32Array,
): SpeechBatch {
  const count = items.length
  const { bins } = recordings.features((items[0] as Item).index)
  const features = new Float32Array(count * bucket.frames * bins)
  const labels = new Int32Array(count * bucket.labels)
  const frames = new Int32Array(count)
  const labelLengths = new Int32Array(count)
  for (const [n, item] of items.entries()) {
    const data = featuresOf(item)
    const ids = recordings.labels[item.index] as Int32Array
    features.set(data, n * bucket.frames * bins)
    frames[n] = Math.max(1, data.length / bins) // an empty recording is one frame of zeros
    labels.set(ids, n * bucket.labels)
    labelLengths[n] = ids.length
  }
  return {
    features: tf.tensor3d(features, [count, bucket.frames, bins]),
    frames: tf.tensor1d(frames, 'int32'),
    labels: tf.tensor2d(labels, [count, bucket.labels], 'int32'),
    labelLengths: tf.tensor1d(labelLengths, 'int32'),
    examples: tf.tensor1d(items.map(({ index }) => index), 'int32'),
  }
}
