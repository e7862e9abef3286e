import { BACKEND_NAME } from '../backend/backend.js'
import { addNode, type Value } from '../graph/graph.js'
import { Float, kernel } from '../kernels/registry.js'
import { tf } from '../tf.js'

/**
 * (x − mean) / √(variance + ε) · weight + bias over the last axis (Ba, Kiros and Hinton 2016), one operator forward,
 * and backward from what that operator saved: with ŷ the normalised x and g = dy · weight,
 * dx = (g − mean(g) − ŷ · mean(g · ŷ)) / σ.
 *
 * @param x (…, width)
 * @param weight (width)
 * @param bias (width)
 */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined, epsilon: number): tf.Tensor {
  const normalize = tf.customGrad((...parts) => {
    const [x, weight, bias] = parts as tf.Tensor[]
    const save = parts.at(-1) as unknown as (tensors: tf.Tensor[]) => void
    const [value, mean, inverse] = forward(x as tf.Tensor, weight as tf.Tensor, bias as tf.Tensor, epsilon)
    save([x as tf.Tensor, weight as tf.Tensor, mean, inverse])
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved) }
  })
  return normalize(x, weight, bias ?? tf.zerosLike(weight))
}

type Normalized = [value: tf.Tensor, mean: tf.Tensor, inverseDeviation: tf.Tensor]

function forward(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): Normalized {
  if (tf.getBackend() === BACKEND_NAME) {
    return tf.engine().runKernel('LayerNorm', { x, weight, bias }, { epsilon }) as Normalized
  }
  const { mean, variance } = tf.moments(x, -1, true)
  const inverse = tf.rsqrt(tf.add(variance, epsilon))
  return [tf.add(tf.mul(tf.mul(tf.sub(x, mean), inverse), weight), bias), mean, inverse]
}

function backward(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, weight, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
  const normalized = tf.mul(tf.sub(x, mean), inverse)
  const scaled = tf.mul(dy, weight)
  const along = tf.mul(normalized, tf.mean(tf.mul(scaled, normalized), -1, true))
  const dx = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along), inverse)
  const rows = Array.from({ length: x.rank - 1 }, (_, axis) => axis)
  return [dx, tf.sum(tf.mul(dy, normalized), rows), tf.sum(dy, rows)]
}

export function registerLayerNorm(): void {
  kernel<{ epsilon: number }>('LayerNorm', (inputs, { epsilon }) => {
    const x = inputs.x as Value
    const one = [...x.shape.slice(0, -1), 1]
    const statistic = { shape: one, type: 'float32' as const }
    const attributes = { axis: -1, epsilon: new Float(epsilon) }
    return addNode('LayerNormalization', [x, inputs.weight, inputs.bias], attributes, [
      { shape: x.shape, type: 'float32' },
      statistic,
      statistic,
    ])
  })
}
