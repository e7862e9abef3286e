import { tf } from '@parlance/runtime'

/** The gradient of the loss plus λ‖θ‖²/2: g + λ θ. */
export function withPenalty(gradient: tf.Tensor, parameter: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient
}

/** Which parameters decay. */
export type DecayFilter = (name: string, parameter: tf.Variable) => boolean

/** The names of the parameters that decay; by default those of two or more dimensions (no bias, no normalisation gain). */
export function decayedNames(
  parameters: ReadonlyMap<string, tf.Variable>,
  weightDecay: number,
  decay: DecayFilter = (_, parameter) => parameter.rank >= 2,
): ReadonlySet<string> {
  const decayed = weightDecay > 0 ? [...parameters].filter(([name, parameter]) => decay(name, parameter)) : []
  return new Set(decayed.map(([name]) => name))
}
