import { groupByLength } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import type { Bucket } from './buckets.js'
import { type Examples, exampleLength, sequence } from './examples.js'
import { drawEpoch, type Share } from './sampling.js'
import { END, PAD, START } from '../special-tokens.js'

/** Padded pairs; (N, L) are a bucket's rows and length. */
export interface Batch extends tf.TensorContainerObject {
  /** int32 (N, L): tokens, end, padding */
  source: tf.Tensor
  /** int32 (N, L): start, tokens, padding: what the decoder is fed */
  input: tf.Tensor
  /** int32 (N, L): tokens, end, padding: what it is to say */
  labels: tf.Tensor
  /** int32 (N): a number for each example, for dropout */
  examples: tf.Tensor
}

/**
 * Which examples go into a batch, and its shape; fewer examples than rows leave rows of padding. Members are numbers of
 * examples, with a multiple of the number of all examples added for further copies in an epoch.
 */
export interface BatchPlan {
  readonly bucket: Bucket
  readonly members: Int32Array
}

/** Of the members of an epoch those of each bucket, in their order: each is in the first bucket that holds it. */
function assign(examples: Examples, members: Int32Array, buckets: readonly Bucket[]): Int32Array[] {
  const lengths = members.map((member) => exampleLength(examples, member % examples.count))
  const groups = groupByLength(lengths, buckets.map(({ length }) => length))
  return groups.map((group) => group.map((place) => members[place] as number))
}

function* cut(members: Int32Array, bucket: Bucket): Generator<BatchPlan> {
  for (let start = 0; start < members.length; start += bucket.rows) {
    yield { bucket, members: members.subarray(start, start + bucket.rows) }
  }
}

/**
 * The batches of an epoch as a function of (seed, epoch): examples shuffled within buckets, then batches among each other.
 *
 * @param shares how often each example is shown; default once
 */
export function epochPlanner(
  examples: Examples,
  buckets: readonly Bucket[],
  seed: number,
  shares: readonly Share[] = [{ start: 0, end: examples.count, repeats: 1 }],
): (epoch: number) => BatchPlan[] {
  return (epoch) => {
    const random = new Random(seed, 'epoch', epoch)
    const groups = assign(examples, drawEpoch(shares, examples.count, random.fork('shares')), buckets)
    const plans = groups.flatMap((group, i) => {
      const order = random.fork('bucket', i).permutation(group.length)
      return [...cut(order.map((place) => group[place] as number), buckets[i] as Bucket)]
    })
    return Array.from(random.fork('batches').permutation(plans.length), (place) => plans[place] as BatchPlan)
  }
}

/** All examples once, in order of length: for evaluation. */
export function orderedPlans(examples: Examples, buckets: readonly Bucket[]): BatchPlan[] {
  const all = Int32Array.from({ length: examples.count }, (_, i) => i)
  return assign(examples, all, buckets).flatMap((group, i) => [...cut(group, buckets[i] as Bucket)])
}

/** The tensors of a planned batch; the caller disposes them. */
export function makeBatch(examples: Examples, { bucket: { rows, length }, members }: BatchPlan): Batch {
  const source = new Int32Array(rows * length).fill(PAD)
  const input = source.slice()
  const labels = source.slice()
  const numbers = new Int32Array(rows)
  for (const [row, member] of members.entries()) {
    const index = member % examples.count
    const at = row * length
    const from = sequence(examples.sources, index)
    const to = sequence(examples.targets, index)
    source.set(from, at)
    source[at + from.length] = END
    input[at] = START
    input.set(to, at + 1)
    labels.set(to, at)
    labels[at + to.length] = END
    numbers[row] = member
  }
  const matrix = (values: Int32Array) => tf.tensor2d(values, [rows, length], 'int32')
  return { source: matrix(source), input: matrix(input), labels: matrix(labels), examples: tf.tensor1d(numbers, 'int32') }
}
