import { tf } from '@parlance/runtime'

interface Differentiated {
  value: tf.Tensor
  /** From the gradient of the output and the saved tensors to the gradients of the inputs, in their order. */
  gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]
}

/**
 * Applies a function whose gradient is given rather than derived. `forward` gets the inputs and `save`, which keeps
 * tensors for the gradient; the gradient must use nothing but what was saved. Typed cover of `tf.customGrad`, whose
 * own signature mixes tensors and `save` in one list.
 */
export function customGradient<Inputs extends tf.Tensor[]>(
  forward: (save: (tensors: tf.Tensor[]) => void, ...inputs: Inputs) => Differentiated,
  ...inputs: Inputs
): tf.Tensor {
  const apply = tf.customGrad((...parts) => {
    const save = parts[parts.length - 1] as (tensors: tf.Tensor[]) => void
    const { value, gradient } = forward(save, ...(parts.slice(0, -1) as Inputs))
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradient(dy, saved) }
  })
  return apply(...inputs)
}

/**
 * What `compute` gives from tensors around it, as a constant for whatever differentiates: also where it is used by an
 * operation that has no gradient by it, such as places to gather from.
 */
export function withoutGradient(compute: () => tf.Tensor): tf.Tensor {
  return customGradient(() => ({ value: compute(), gradient: () => [] }))
}
