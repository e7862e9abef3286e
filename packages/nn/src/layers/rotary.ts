import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions, expectSize } from '../dimensions.js'

/**
 * Which numbers of a head make a pair: 'half' the i-th of the first and of the second half (GPT-NeoX, LLaMA in Hugging
 * Face's layout), 'interleaved' the 2i-th and the next (the paper, GPT-J, LLaMA in Meta's layout).
 */
export type RotaryLayout = 'half' | 'interleaved'

/** By what the pairs of a head are rotated at each position. */
export interface Rotation {
  /** (T, width / 2) */
  readonly cos: tf.Tensor
  /** (T, width / 2) */
  readonly sin: tf.Tensor
  readonly layout: RotaryLayout
}

export interface RotaryOptions {
  /** How many numbers of a head are rotated, from the first: the width of a head, or less. Even. */
  width: number
  /** Default 10,000. */
  base?: number
  /** Default 'half'. */
  layout?: RotaryLayout
}

/**
 * Rotary positions (Su et al. 2021, equation 34): pair i of a head at position p is rotated by p · base^(−2i / width), so
 * that a query's product with a key depends on their distance. Compute it once for all layers.
 *
 * @param positions int32 (T): with P cached keys, P … P + T − 1
 */
export function rotaryPositions(positions: tf.Tensor, { width, base = 10_000, layout = 'half' }: RotaryOptions): Rotation {
  dimensions(positions, 1, 'Positions (T)')
  expectSize('The width of rotary positions', width, 2)
  if (width % 2 !== 0) throw new Error(`The width of rotary positions must be even, got ${width}.`)
  const rates = Float32Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width))
  const angles = tf.mul(tf.expandDims(tf.cast(positions, 'float32'), 1), tf.tensor1d(rates))
  return { cos: tf.cos(angles), sin: tf.sin(angles), layout }
}

/** `x` (…, T, D), queries or keys, with its pairs rotated; what lies beyond the rotation's width stays. */
export function rotate(x: tf.Tensor, { cos, sin, layout }: Rotation): tf.Tensor {
  const width = x.shape[x.rank - 1] as number
  const pairs = cos.shape[1] as number
  if (2 * pairs > width) throw new Error(`A rotation of width ${2 * pairs} needs heads as wide, got ${width}.`)
  if (x.shape[x.rank - 2] !== cos.shape[0]) {
    throw new Error(`A rotation of ${cos.shape[0]} positions needs as many in x (…, T, D), got ${x.shape[x.rank - 2]}.`)
  }
  return customGradient((save, x) => {
    save([cos, sin])
    return {
      value: turn(x, cos, sin, layout),
      // The inverse of a rotation is that by the opposite angle, and its transpose.
      gradient: (dy, saved) => {
        const [cos, sin] = saved as [tf.Tensor, tf.Tensor]
        return [turn(dy, cos, tf.neg(sin), layout)]
      },
    }
  }, x)
}

function turn(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor, layout: RotaryLayout): tf.Tensor {
  const pairs = cos.shape[1] as number
  const rest = (x.shape[x.rank - 1] as number) - 2 * pairs
  const [rotated, kept] = rest > 0 ? tf.split(x, [2 * pairs, rest], -1) : [x]
  const [a, b] = split(rotated as tf.Tensor, pairs, layout)
  const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))]
  if (layout === 'half') return tf.concat(kept ? [...turned, kept] : turned, -1)
  const joined = tf.reshape(tf.stack(turned, -1), (rotated as tf.Tensor).shape)
  return kept ? tf.concat([joined, kept], -1) : joined
}

/** The first and second numbers of all pairs, both (…, T, pairs). */
function split(x: tf.Tensor, pairs: number, layout: RotaryLayout): [tf.Tensor, tf.Tensor] {
  if (layout === 'half') return tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
  const rows = tf.reshape(x, [...x.shape.slice(0, -1), pairs, 2])
  const [first, second] = tf.split(rows, 2, -1) as [tf.Tensor, tf.Tensor]
  return [tf.squeeze(first, [-1]), tf.squeeze(second, [-1])]
}
