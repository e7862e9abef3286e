import { groupByLength } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import type { Bucket } from './buckets.js'
import { type Examples, exampleLength, sequence } from './examples.js'
import { END, PAD, START } from './special-tokens.js'

/** Padded pairs; (N, L) are a bucket's rows and length. */
export interface Batch extends tf.TensorContainerObject {
  /** int32 (N, L): tokens, end, padding */
  source: tf.Tensor
  /** int32 (N, L): start, tokens, padding: what the decoder is fed */
  input: tf.Tensor
  /** int32 (N, L): tokens, end, padding: what it is to say */
  labels: tf.Tensor
  /** int32 (N): the number of each example, for dropout */
  examples: tf.Tensor
}

/** Which examples go into a batch, and its shape; fewer examples than rows leave rows of padding. */
export interface BatchPlan {
  readonly bucket: Bucket
  readonly members: Int32Array
}

/** The examples of each bucket, in ascending order: each example is in the first bucket that holds it. */
function assign(examples: Examples, buckets: readonly Bucket[]): Int32Array[] {
  const lengths = Int32Array.from({ length: examples.count }, (_, i) => exampleLength(examples, i))
  return groupByLength(lengths, buckets.map(({ length }) => length))
}

function* cut(members: Int32Array, bucket: Bucket): Generator<BatchPlan> {
  for (let start = 0; start < members.length; start += bucket.rows) {
    yield { bucket, members: members.subarray(start, start + bucket.rows) }
  }
}

/** The batches of an epoch as a function of (seed, epoch): examples shuffled within buckets, then batches among each other. */
export function epochPlanner(examples: Examples, buckets: readonly Bucket[], seed: number): (epoch: number) => BatchPlan[] {
  const groups = assign(examples, buckets)
  return (epoch) => {
    const random = new Random(seed, 'epoch', epoch)
    const plans = groups.flatMap((group, i) => {
      const order = random.fork('bucket', i).permutation(group.length)
      return [...cut(order.map((place) => group[place] as number), buckets[i] as Bucket)]
    })
    return Array.from(random.fork('batches').permutation(plans.length), (place) => plans[place] as BatchPlan)
  }
}

/** All examples once, in order of length: for evaluation. */
export function orderedPlans(examples: Examples, buckets: readonly Bucket[]): BatchPlan[] {
  return assign(examples, buckets).flatMap((group, i) => [...cut(group, buckets[i] as Bucket)])
}

/** The tensors of a planned batch; the caller disposes them. */
export function makeBatch(examples: Examples, { bucket: { rows, length }, members }: BatchPlan): Batch {
  const source = new Int32Array(rows * length).fill(PAD)
  const input = source.slice()
  const labels = source.slice()
  const numbers = new Int32Array(rows)
  for (const [row, index] of members.entries()) {
    const at = row * length
    const from = sequence(examples.sources, index)
    const to = sequence(examples.targets, index)
    source.set(from, at)
    source[at + from.length] = END
    input[at] = START
    input.set(to, at + 1)
    labels.set(to, at)
    labels[at + to.length] = END
    numbers[row] = index
  }
  const matrix = (values: Int32Array) => tf.tensor2d(values, [rows, length], 'int32')
  return { source: matrix(source), input: matrix(input), labels: matrix(labels), examples: tf.tensor1d(numbers, 'int32') }
}
