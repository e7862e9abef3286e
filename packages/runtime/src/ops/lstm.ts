import { BACKEND_NAME } from '../backend/backend.js'
import { addNode, type Value } from '../graph/graph.js'
import { full, kernel, op, reshape, slice } from '../kernels/registry.js'
import { tf } from '../tf.js'

/** One direction of one LSTM layer, in PyTorch's layout and gate order: input, forget, cell, output. */
export interface LSTMWeights {
  /** (4·H, C) */
  inputWeight: tf.Tensor
  /** (4·H, H) */
  recurrentWeight: tf.Tensor
  /** (4·H), the sum of PyTorch's two */
  bias: tf.Tensor
}

/** Whether `lstm` is to be had where TF.js computes now. Nothing that it gives can be differentiated. */
export function hasLSTM(): boolean {
  return tf.getBackend() === BACKEND_NAME && tf.engine().state.gradientDepth === 0
}

/**
 * All steps of an LSTM layer as one operator, so that an inference graph takes any number of steps. For inference: it has
 * no gradient.
 *
 * @param x (T, N, C)
 * @param hidden (N, H)
 * @param cell (N, H)
 * @param lengths int32 (N), how many steps of each example are real; default all. What lies beyond is not read: outputs are
 *   zero there, and the states are those after an example's own last step.
 * @returns all hidden states (T, N, H), and the hidden and cell state after the last step, both (N, H)
 */
export function lstm(
  x: tf.Tensor,
  { inputWeight, recurrentWeight, bias }: LSTMWeights,
  hidden: tf.Tensor,
  cell: tf.Tensor,
  lengths?: tf.Tensor,
): { outputs: tf.Tensor; hidden: tf.Tensor; cell: tf.Tensor } {
  const inputs = { x, inputWeight, recurrentWeight, bias, hidden, cell, ...(lengths && { lengths }) }
  const [outputs, last, lastCell] = tf.engine().runKernel('LSTM', inputs) as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor]
  return { outputs, hidden: last, cell: lastCell }
}

/** From PyTorch's order of gates along the first axis to ONNX's: input, output, forget, cell. */
function reordered(x: Value, hidden: number): Value {
  const rest = x.shape.slice(1)
  const gate = (i: number): Value => slice(x, [i * hidden, ...rest.map(() => 0)], [hidden, ...rest])
  return op('Concat', [0, 3, 1, 2].map(gate), x.shape, 'float32', { axis: 0 })
}

export function registerLSTM(): void {
  kernel('LSTM', (inputs) => {
    const { x, inputWeight, recurrentWeight, bias, hidden, cell, lengths } = inputs as Record<string, Value> & Record<'x' | 'hidden', Value>
    const [steps, examples] = x.shape as [number, number]
    const width = hidden.shape[1] as number
    const weights = [inputWeight, recurrentWeight, bias].map((value) => {
      const inOrder = reordered(value as Value, width)
      return reshape(inOrder, [1, ...inOrder.shape])
    })
    // ONNX keeps the two biases of PyTorch apart.
    const biases = op('Concat', [weights[2], full([1, 4 * width], 0, 'float32')], [1, 8 * width], 'float32', { axis: 1 })
    const states = [hidden, cell].map((state) => reshape(state as Value, [1, examples, width]))
    const [all, last, lastCell] = addNode('LSTM', [x, weights[0], weights[1], biases, lengths, ...states], { hidden_size: width }, [
      { shape: [steps, 1, examples, width], type: 'float32' },
      { shape: [1, examples, width], type: 'float32' },
      { shape: [1, examples, width], type: 'float32' },
    ]) as [Value, Value, Value]
    return [reshape(all, [steps, examples, width]), reshape(last, [examples, width]), reshape(lastCell, [examples, width])]
  })
}
