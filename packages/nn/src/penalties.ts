import { tf } from '@parlance/runtime'
import { absolute } from './losses/absolute.js'
import type { SummedLoss } from './losses/summed.js'

export interface PenaltyOptions {
  /** Which parameters are penalised. Default those of two or more dimensions (no bias, no normalisation gain). */
  filter?: (name: string, parameter: tf.Variable) => boolean
}

export interface ElasticNetOptions extends PenaltyOptions {
  /** The strength of Σ|w|. */
  l1: number
  /** The strength of ½ Σw². */
  l2: number
}

const matrices = (_: string, parameter: tf.Variable): boolean => parameter.rank >= 2

/** strength · Σ|w| over the parameters (Tibshirani 1996), a scalar; the gradient at 0 is 0. */
export function l1Penalty(
  parameters: ReadonlyMap<string, tf.Variable>,
  strength: number,
  { filter = matrices }: PenaltyOptions = {},
): tf.Scalar {
  return penalty(parameters, filter, strength, (parameter) => tf.sum(absolute(parameter)))
}

/** strength · ½ Σw² over the parameters, a scalar; its gradient is strength · w, as that of SGD's weight decay. */
export function l2Penalty(
  parameters: ReadonlyMap<string, tf.Variable>,
  strength: number,
  { filter = matrices }: PenaltyOptions = {},
): tf.Scalar {
  return penalty(parameters, filter, strength / 2, (parameter) => tf.sum(tf.square(parameter)))
}

/** l1 · Σ|w| + l2 · ½ Σw² over the parameters (Zou and Hastie 2005), a scalar. */
export function elasticNetPenalty(
  parameters: ReadonlyMap<string, tf.Variable>,
  { l1, l2, filter = matrices }: ElasticNetOptions,
): tf.Scalar {
  return tf.tidy(() => tf.add(l1Penalty(parameters, l1, { filter }), l2Penalty(parameters, l2, { filter })) as tf.Scalar)
}

/**
 * strength · mean h² over a layer's outputs `h`, any shape, a scalar: activation regularisation (Merity, McCann and
 * Socher 2017, "Revisiting Activation Regularization for Language RNNs"), of the outputs after dropout.
 */
export function activationPenalty(h: tf.Tensor, strength: number): tf.Scalar {
  expectStrength(strength)
  return tf.tidy(() => tf.mul(tf.mean(tf.square(h)), strength) as tf.Scalar)
}

/**
 * strength · mean (h_t − h_{t+1})² over a recurrent layer's outputs `h` (N, T, width), a scalar: temporal activation
 * regularisation of the same paper, of the outputs before dropout. 0 for a single step.
 */
export function temporalActivationPenalty(h: tf.Tensor, strength: number): tf.Scalar {
  expectStrength(strength)
  if (h.rank !== 3) throw new Error(`The outputs to regularise in time must be (N, T, width), got shape [${h.shape.join(', ')}].`)
  const [examples, steps, width] = h.shape as [number, number, number]
  if (steps < 2) return tf.scalar(0)
  return tf.tidy(() => {
    const size: [number, number, number] = [examples, steps - 1, width]
    return activationPenalty(tf.sub(tf.slice(h, [0, 1, 0], size), tf.slice(h, [0, 0, 0], size)), strength)
  })
}

/** A loss to whose mean `penalty` (a scalar) is added: sum + penalty · count. */
export function withPenalty({ sum, count }: SummedLoss, penalty: tf.Tensor): SummedLoss {
  return { sum: tf.add(sum, tf.mul(penalty, count)) as tf.Scalar, count }
}

function penalty(
  parameters: ReadonlyMap<string, tf.Variable>,
  filter: (name: string, parameter: tf.Variable) => boolean,
  factor: number,
  of: (parameter: tf.Variable) => tf.Tensor,
): tf.Scalar {
  expectStrength(factor)
  const chosen = [...parameters].filter(([name, parameter]) => filter(name, parameter))
  if (chosen.length === 0) {
    throw new Error(`A penalty needs one parameter at least, but its filter takes none of ${parameters.size}.`)
  }
  return tf.tidy(() => tf.mul(tf.addN(chosen.map(([, parameter]) => of(parameter))), factor) as tf.Scalar)
}

function expectStrength(strength: number): void {
  if (!(strength >= 0 && strength < Infinity)) {
    throw new Error(`The strength of a penalty must be a number of 0 or more, got ${strength}.`)
  }
}
