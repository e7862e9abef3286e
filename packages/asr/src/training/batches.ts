import type { Features } from '@parlance/audio'
import { epochBatches } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import { augment } from './augment.js'
import type { TrainingConfig } from '../config.js'
import { type TimedLabels, untimed } from './emission.js'
import type { Utterance } from '../manifest.js'
import { type Recordings, wordsOf } from './recordings.js'

/** Decibels by which the ratio of speech to noise varies. */
const SNR_RANGE = 20
/** Sizes are multiples of this: whole encoder frames. */
const FRAME_MULTIPLE = 4

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
  /** int32 (N, L): encoder frames in which each label may be emitted, from the first to the last. */
  earliest: tf.Tensor
  latest: tf.Tensor
  /** int32 (N): which utterance each is. */
  examples: tf.Tensor
}

/** A size to which utterances are padded: T frames and L labels. */
interface Bucket {
  frames: number
  labels: number
}

/** An utterance as a batch will hold it. */
interface Example {
  /** The recording that it is, or stands for. */
  index: number
  /** The most frames that its features may have. */
  most: number
  labels: Int32Array
  /** When they may be emitted. */
  timed: () => TimedLabels
  features: () => Features
}

interface PlannedBatch {
  bucket: Bucket
  examples: Example[]
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
    const frames = Math.ceil((sorted[to - 1]?.frames ?? 0) / FRAME_MULTIPLE) * FRAME_MULTIPLE
    const last = buckets.at(-1)
    if (last?.frames === frames) last.labels = labels
    else if (frames > 0) buckets.push({ frames, labels })
  }
  return buckets
}

function sizeOf({ most, labels }: Example): { frames: number; labels: number } {
  return { frames: Math.max(1, most), labels: labels.length }
}

/** The examples that go into each bucket: the smallest that holds them; those that none holds are left out. */
function sorted(examples: readonly Example[], buckets: readonly Bucket[]): Example[][] {
  const groups = buckets.map((): Example[] => [])
  for (const example of examples) {
    const { frames, labels } = sizeOf(example)
    groups[buckets.findIndex((bucket) => frames <= bucket.frames && labels <= bucket.labels)]?.push(example)
  }
  return groups
}

/**
 * The batches of training as a function of the step (1 is the first). Each epoch draws a speed and masks for every
 * utterance, or words of other recordings in its place, and shuffles; an utterance's draw depends on (seed, epoch,
 * utterance) alone. What does not fill a batch of its bucket goes into the next larger one; what is left at the end of
 * the largest waits for another epoch.
 *
 * @param usable indices of the recordings to train on
 * @param mean shape (F), of the training features: stands for what is hidden
 */
export function trainingBatches(
  recordings: Recordings,
  usable: readonly number[],
  mean: readonly number[],
  config: TrainingConfig,
): (step: number) => SpeechBatch {
  const { augmentation, seed } = config
  const options = { ...augmentation, features: config.features }
  const batchSize = Math.min(config.batchSize, usable.length)
  const draw = exampleDrawer(recordings, usable, config)
  const unchanged = usable.flatMap((index) => draw.speeds(index).map((speed) => draw.whole(index, speed)))
  const sizes = [...unchanged, ...usable.map((index) => draw.example(index, 0))].map(sizeOf)
  const buckets = makeBuckets(sizes, config.buckets)

  const plan = (epoch: number): PlannedBatch[] => {
    const order = new Random(seed, 'order', epoch).permutation(usable.length)
    const groups = sorted([...order].map((at) => draw.example(usable[at] as number, epoch)), buckets)
    const batches: PlannedBatch[] = []
    let waiting: Example[] = []
    for (const [i, bucket] of buckets.entries()) {
      waiting.push(...(groups[i] as Example[]))
      const whole = waiting.length - (waiting.length % batchSize)
      for (let k = 0; k < whole; k += batchSize) batches.push({ bucket, examples: waiting.slice(k, k + batchSize) })
      waiting = waiting.slice(whole)
    }
    return [...new Random(seed, 'batches', epoch).permutation(batches.length)].map((i) => batches[i] as PlannedBatch)
  }
  const at = epochBatches(plan)
  return (step) => {
    const { epoch, batch } = at(step)
    return makeBatch(batch, (features, index) => augment(features, mean, options, new Random(seed, 'masks', epoch, index)))
  }
}

/** Makes the examples of an epoch. */
function exampleDrawer(recordings: Recordings, usable: readonly number[], { augmentation, seed }: TrainingConfig) {
  const pieces = augmentation.splice > 0 ? recordings.wordPieces(usable) : []
  const mostLabels = Math.max(...usable.map((index) => (recordings.labels[index] as Int32Array).length))
  const mostFrames = Math.max(...usable.map((index) => recordings.frames(index)))
  const speeds = (index: number): number[] => {
    const possible = augmentation.speeds.filter((speed) => recordings.fits(index, speed))
    return possible.length > 0 ? possible : [1]
  }
  const whole = (index: number, speed: number): Example => ({
    index,
    most: recordings.mostFrames(index, speed),
    labels: recordings.labels[index] as Int32Array,
    timed: () => recordings.timedLabels(index, speed),
    features: () => recordings.features(index, speed),
  })
  /** The example with noise, or most often as it is. */
  const noisy = (example: Example, speed: number, random: Random): Example => {
    if (random.next() >= augmentation.noise) return example
    const snr = augmentation.noiseSnr + SNR_RANGE * random.next()
    return { ...example, features: () => recordings.noisyFeatures(example.index, speed, snr, random.fork('samples')) }
  }
  /** As many words as the recording has at most, drawn from all that were cut out; undefined if that cannot be used. */
  const spliced = (index: number, random: Random): Example | undefined => {
    const { words, text } = recordings.utterances[index] as Utterance
    const count = 1 + random.integer((words ?? wordsOf(text)).length)
    const some = Array.from({ length: count }, () => pieces[random.integer(pieces.length)] as (typeof pieces)[0])
    const speed = augmentation.speeds[random.integer(augmentation.speeds.length)] as number
    const frames = some.reduce((sum, piece) => sum + recordings.pieceFrames(piece, speed), 0)
    const labels = recordings.tokenizer.encode(some.map(({ word }) => word).join(' '))
    if (frames > mostFrames || labels.length > mostLabels || !recordings.canAlign(frames, labels)) return undefined
    return { index, most: frames, labels, timed: () => untimed(labels), features: () => recordings.joined(some, speed) }
  }
  const example = (index: number, epoch: number): Example => {
    const random = new Random(seed, 'example', epoch, index)
    const splice = pieces.length > 0 && random.next() < augmentation.splice
    const possible = speeds(index)
    const speed = possible[random.integer(possible.length)] as number
    return (splice ? spliced(index, random.fork('splice')) : undefined) ?? noisy(whole(index, speed), speed, random.fork('noise'))
  }
  return { speeds, whole, example }
}

export interface EvaluationBatch {
  /** 1 for an utterance, 0 for one that only fills the batch. */
  weights: number[]
  make: () => SpeechBatch
}

/** Batches that hold each of these utterances once as it is, in static sizes; what is left of a size is filled up. */
export function evaluationBatches(recordings: Recordings, indices: readonly number[], batchSize: number, count: number): EvaluationBatch[] {
  const examples = indices.map((index): Example => {
    const features = recordings.features(index)
    const labels = recordings.labels[index] as Int32Array
    return { index, most: features.frames, labels, timed: () => recordings.timedLabels(index), features: () => features }
  })
  const buckets = makeBuckets(examples.map(sizeOf), count)
  const rows = Math.min(batchSize, examples.length)
  const batches: EvaluationBatch[] = []
  for (const [k, group] of sorted(examples, buckets).entries()) {
    for (let i = 0; i < group.length; i += rows) {
      const some = group.slice(i, i + rows)
      const weights = Array.from({ length: rows }, (_, n) => (n < some.length ? 1 : 0))
      while (some.length < rows) some.push(some.at(-1) as Example)
      const batch = { bucket: buckets[k] as Bucket, examples: some }
      batches.push({ weights, make: () => makeBatch(batch, ({ data }) => data) })
    }
  }
  return batches
}

function makeBatch(
  { bucket, examples }: PlannedBatch,
  change: (features: Features, index: number) => Float32Array,
): SpeechBatch {
  const count = examples.length
  const all = examples.map(({ features }) => features())
  const { bins } = all[0] as Features
  const features = new Float32Array(count * bucket.frames * bins)
  const labels = new Int32Array(count * bucket.labels)
  const earliest = new Int32Array(labels.length)
  const latest = new Int32Array(labels.length)
  const frames = new Int32Array(count)
  for (const [n, example] of examples.entries()) {
    const data = change(all[n] as Features, example.index)
    features.set(data, n * bucket.frames * bins)
    frames[n] = Math.max(1, data.length / bins) // an empty recording is one frame of zeros
    labels.set(example.labels, n * bucket.labels)
    const timed = example.timed()
    earliest.set(timed.earliest, n * bucket.labels)
    latest.set(timed.latest, n * bucket.labels)
  }
  return {
    features: tf.tensor3d(features, [count, bucket.frames, bins]),
    frames: tf.tensor1d(frames, 'int32'),
    labels: tf.tensor2d(labels, [count, bucket.labels], 'int32'),
    earliest: tf.tensor2d(earliest, [count, bucket.labels], 'int32'),
    latest: tf.tensor2d(latest, [count, bucket.labels], 'int32'),
    labelLengths: tf.tensor1d(examples.map((example) => example.labels.length), 'int32'),
    examples: tf.tensor1d(examples.map(({ index }) => index), 'int32'),
  }
}
