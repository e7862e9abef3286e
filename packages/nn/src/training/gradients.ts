import { tf } from '@parlance/runtime'
import { divisor } from '../losses/summed.js'

/**
 * The value of `lossFn` (a scalar tensor) and its gradients with respect to `parameters`, by name. A parameter that the
 * loss does not depend on has no entry. The caller disposes both.
 *
 * @throws Error when no parameter is reached or one variable has two names.
 */
export function gradients(
  lossFn: () => tf.Tensor,
  parameters: ReadonlyMap<string, tf.Variable>,
): { loss: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  checkDistinct(parameters)
  const { value, grads } = tf.variableGrads(() => lossFn().asScalar(), [...parameters.values()])
  const named = new Map<string, tf.Tensor>()
  for (const [name, variable] of parameters) {
    const gradient = grads[variable.name]
    if (gradient) named.set(name, gradient)
  }
  return { loss: value, gradients: named }
}

/**
 * Scales `gradients` so that the norm of all of them together is at most `maxNorm` (Pascanu, Mikolov and Bengio, "On
 * the difficulty of training recurrent neural networks", ICML 2013; factor maxNorm / (norm + 1e-6) as in PyTorch).
 * With `count`, the gradients are those of a sum over `count` terms and become those of the mean first, in the same
 * multiplication (no terms count as one). `maxNorm` Infinity clips nothing. Returns new tensors and the norm before clipping, a scalar.
 */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, tf.Tensor>,
  maxNorm: number,
  count?: tf.Tensor,
): { gradients: Map<string, tf.Tensor>; norm: tf.Scalar } {
  if (!(maxNorm > 0)) throw new RangeError(`The largest gradient norm must be positive, got ${maxNorm}.`)
  if (gradients.size === 0) throw new Error('There are no gradients to clip: the loss depends on no parameter.')
  const names = [...gradients.keys()]
  const [norm, ...scaled] = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)))
    const sumNorm = tf.sqrt(squares.length > 1 ? tf.addN(squares) : (squares[0] as tf.Tensor))
    const terms = count && divisor(count)
    const norm = terms ? tf.div(sumNorm, terms) : sumNorm
    const clip = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1)
    let factor: tf.Tensor | undefined = Number.isFinite(maxNorm) ? clip : undefined
    if (terms) factor = tf.div(factor ?? 1, terms)
    return [norm, ...[...gradients.values()].map((gradient) => (factor ? tf.mul(gradient, factor) : gradient.clone()))]
  })
  return { gradients: new Map(names.map((name, i) => [name, scaled[i] as tf.Tensor])), norm: norm as tf.Scalar }
}

/** @throws Error when one variable has two names: its update would be applied twice. */
export function checkDistinct(parameters: ReadonlyMap<string, tf.Variable>): void {
  const names = new Map<tf.Variable, string>()
  for (const [name, variable] of parameters) {
    const other = names.get(variable)
    if (other !== undefined) {
      throw new Error(`Parameters ${other} and ${name} are one variable: list a tied parameter under one name.`)
    }
    names.set(variable, name)
  }
}
