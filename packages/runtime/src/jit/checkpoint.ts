import { BACKEND_NAME, onnxBackend } from '../backend/backend.js'
import { nodesCreated } from '../graph/graph.js'
import { tf } from '../tf.js'
import type { CheckpointBlock } from './recompute.js'
import { flatten, unflatten } from './structure.js'
import { Trace } from './trace.js'

/**
 * A block whose activations are not kept from the forward to the backward pass of a function compiled with `jit`, but
 * computed again when its gradient is needed (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): of a
 * stack of such blocks, each block's arguments and results are kept rather than all that is inside, for about a third
 * more work.
 *
 * Values and gradients are exactly the same. Variables and tensors that `fn` captures are differentiated as usual, and
 * masks of `dropout` come out equal, being functions of their key. Outside `jit`, it is `fn` itself.
 *
 * @throws when the result is not a tree of tensors and plain values, as for `jit`.
 */
export function checkpoint<Arguments extends unknown[], Result>(
  fn: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    const backend = tf.getBackend() === BACKEND_NAME ? onnxBackend() : undefined
    const trace = backend?.tracing
    if (!backend || !(trace instanceof Trace)) return fn(...args)
    const from = nodesCreated()
    const result = fn(...args)
    const { tensors } = flatten(result)
    const block: CheckpointBlock = {
      from,
      to: nodesCreated(),
      outputs: new Set(tensors.map((tensor) => backend.valueFor(tensor))),
      backward: undefined,
    }
    trace.blocks.push(block)
    const meet = (dy: tf.Tensor) => (block.backward ??= { gradient: backend.valueFor(dy), from: nodesCreated() })
    return unflatten(result, tensors.map((tensor) => (tensor.dtype === 'float32' ? meetingGradient(tensor, meet) : tensor)).values())
  }
}

/** The tensor itself; its gradient is shown to `meet` when it arrives. */
function meetingGradient(tensor: tf.Tensor, meet: (dy: tf.Tensor) => void): tf.Tensor {
  const pass = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy) => {
      meet(dy)
      return tf.clone(dy)
    },
  }))
  return pass(tensor)
}
