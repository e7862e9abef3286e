/** What the tests of architectures share: small models, pairs of token sequences. */
import { type Module, namedParameters } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Examples } from '../data/examples.js'
import type { EncoderDecoder, Tensors } from './encoder-decoder.js'

/** Gives vectors of parameters, which are zeros and ones in a new model and would hide mistakes, other values. */
export function perturb<Model extends Module>(model: Model): Model {
  for (const [i, variable] of [...namedParameters(model).values()].entries()) {
    if (variable.rank > 1) continue
    const noise = Float32Array.from({ length: variable.size }, (_, j) => 0.2 * Math.sin(5 * i + 1.3 * j))
    tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(noise, variable.shape)) as tf.Tensor))
  }
  return model
}

export function examplesOf(pairs: readonly (readonly [number[], number[]])[]): Examples {
  const side = (index: 0 | 1) => {
    const starts = [0]
    for (const pair of pairs) starts.push((starts.at(-1) as number) + pair[index].length)
    return { tokens: Int32Array.from(pairs.flatMap((pair) => pair[index])), starts: Int32Array.from(starts) }
  }
  return { count: pairs.length, sources: side(0), targets: side(1) }
}

/** Token ids as a matrix of `rows` rows. */
export function matrix(ids: readonly number[], rows = 1): tf.Tensor2D {
  return tf.tensor2d([...ids], [rows, ids.length / rows], 'int32')
}

/** The state before the first position: what the encoder gave of it, and zeros, nothing said so far. */
export function beginning({ statePorts }: EncoderDecoder, encoded: Tensors): Tensors {
  const rows = encoded.source_mask?.shape[0] as number
  return Object.fromEntries(
    Object.entries(statePorts).map(([name, axes]) => {
      return [name, encoded[name] ?? tf.zeros([rows, ...axes.map((axis) => (typeof axis === 'number' ? axis : 0))])]
    }),
  )
}
