import { type Random, tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import { type Initializer, normal } from '../initializers.js'
import { iota } from '../iota.js'
import { Module, parameter } from '../module.js'

/**
 * How far each key lies after each query, negative before it: int32 (queries, keys). With more keys than queries (a
 * cache) the last query is aligned with the last key.
 */
export function relativePositions(queries: number, keys: number): tf.Tensor2D {
  // Positions are counted from the end when the lengths differ, so that no constant depends on their difference.
  const position = (count: number): tf.Tensor => (queries === keys ? iota(count) : tf.neg(tf.reverse(iota(count))))
  return tf.sub(tf.expandDims(position(keys), 0), tf.expandDims(position(queries), 1)) as tf.Tensor2D
}

/**
 * Attention with linear biases (Press, Smith and Lewis 2022): −m · distance, added to attention scores, with the paper's
 * slope m for each head. Later keys, which a causal mask hides, are as far as earlier ones.
 *
 * @returns (1, heads, queries, keys)
 */
export function alibi(heads: number, queries: number, keys = queries): tf.Tensor4D {
  expectSize('The heads of ALiBi', heads)
  return tf.tidy(() => {
    const distance = tf.cast(tf.abs(relativePositions(queries, keys)), 'float32')
    const slopes = tf.tensor(alibiSlopes(heads).map((slope) => -slope), [1, heads, 1, 1])
    return tf.mul(distance, slopes) as tf.Tensor4D
  })
}

/**
 * 2^(−8/n), 2^(−16/n), … for a power of two n; for other numbers of heads, those of the power of two below and every other
 * one of the power of two above.
 */
function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads))
  const slopes = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count))
  const between = slopes(2 * power).filter((_, i) => i % 2 === 0)
  return [...slopes(power), ...between.slice(0, heads - power)]
}

export interface RelativePositionBiasOptions {
  heads: number
  random: Random
  /** How many numbers are learnt for each head. Even if bidirectional. Default 32. */
  buckets?: number
  /** Keys at this distance or further share a bucket. Default 128. */
  maxDistance?: number
  /** Whether later keys have buckets of their own; in a decoder they need none. Default true. */
  bidirectional?: boolean
  /** Default normal with deviation 0.02. */
  initializer?: Initializer
}

/**
 * Relative position biases of T5 (Raffel et al. 2020, section 2.1): a learnt number for each head and bucket of distances.
 * Half of a direction's buckets hold one distance each, the others grow with its logarithm. `weight` is Hugging Face's
 * `relative_attention_bias.weight`.
 */
export class RelativePositionBias extends Module {
  /** (buckets, heads) */
  readonly weight: tf.Variable
  private readonly maxDistance: number
  /** The bucket of each relative position −maxDistance … maxDistance. */
  private readonly bucketOf: Int32Array

  constructor(options: RelativePositionBiasOptions) {
    super()
    const { heads, random, buckets = 32, maxDistance = 128, bidirectional = true, initializer = normal(0.02) } = options
    expectSize('The heads of relative positions', heads)
    expectSize('The buckets of relative positions', buckets, 4)
    const each = bidirectional ? buckets / 2 : buckets
    if (!Number.isInteger(each / 2) || maxDistance <= each / 2) {
      throw new Error(
        `Relative positions need ${bidirectional ? 'a multiple of 4' : 'an even number of'} buckets and a larger distance, ` +
          `got ${buckets} buckets up to a distance of ${maxDistance}.`,
      )
    }
    this.maxDistance = maxDistance
    this.bucketOf = Int32Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
      const relative = i - maxDistance
      if (bidirectional) return bucket(Math.abs(relative), each, maxDistance) + (relative > 0 ? each : 0)
      return bucket(Math.max(-relative, 0), each, maxDistance)
    })
    this.weight = parameter(initializer(random.fork('weight'), [buckets, heads]), [buckets, heads])
  }

  /** Added to attention scores: (1, heads, queries, keys), positions as in `causalMask`. */
  forward(queries: number, keys = queries): tf.Tensor4D {
    const ofDistance = tf.gather(this.weight, tf.tensor1d(this.bucketOf, 'int32'))
    const clipped = tf.clipByValue(relativePositions(queries, keys), -this.maxDistance, this.maxDistance)
    const bias = tf.gather(ofDistance, tf.add(clipped, tf.scalar(this.maxDistance, 'int32')))
    return tf.expandDims(tf.transpose(bias, [2, 0, 1]), 0) as tf.Tensor4D
  }
}

/** In float32, as the models that were trained with these buckets computed them. */
function bucket(distance: number, buckets: number, maxDistance: number): number {
  const exact = buckets / 2
  if (distance < exact) return distance
  const f = Math.fround
  const share = f(f(Math.log(f(distance / exact))) / f(Math.log(maxDistance / exact)))
  return Math.min(buckets - 1, exact + Math.trunc(f(share * exact)))
}
