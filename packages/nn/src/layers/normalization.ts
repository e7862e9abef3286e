import { layerNorm, tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { expectSize, expectWidth } from '../dimensions.js'
import { Module, parameter } from '../module.js'

export interface LayerNormOptions {
  width: number
  /** Added to the variance. Default 1e-5. */
  epsilon?: number
  /** Default true. */
  bias?: boolean
}

/** (x − mean) / √(variance + ε) · weight + bias over the last axis: Ba, Kiros and Hinton 2016. */
export class LayerNorm extends Module {
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  private readonly epsilon: number

  constructor({ width, epsilon = 1e-5, bias = true }: LayerNormOptions) {
    super()
    expectSize('The width of LayerNorm', width)
    this.epsilon = epsilon
    this.weight = parameter(new Float32Array(width).fill(1), [width])
    if (bias) this.bias = parameter(new Float32Array(width), [width])
  }

  /** (…, width) to the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    expectWidth('LayerNorm', x.shape[x.rank - 1], this.weight.size)
    return layerNorm(x, this.weight, this.bias, this.epsilon)
  }
}

export interface RMSNormOptions {
  width: number
  /** Added to the mean square. Default 1e-5. */
  epsilon?: number
}

/** x / √(mean of x² + ε) · weight over the last axis: Zhang and Sennrich 2019. */
export class RMSNorm extends Module {
  readonly weight: tf.Variable
  private readonly epsilon: number

  constructor({ width, epsilon = 1e-5 }: RMSNormOptions) {
    super()
    expectSize('The width of RMSNorm', width)
    this.epsilon = epsilon
    this.weight = parameter(new Float32Array(width).fill(1), [width])
  }

  /** (…, width) to the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    expectWidth('RMSNorm', x.shape[x.rank - 1], this.weight.size)
    return tf.mul(divideByRootMeanSquare(x, this.epsilon), this.weight)
  }
}

function mean(x: tf.Tensor): tf.Tensor {
  return tf.mean(x, -1, true)
}

function divideByRootMeanSquare(x: tf.Tensor, epsilon: number): tf.Tensor {
  return customGradient((save, x) => {
    const root = tf.sqrt(tf.add(mean(tf.square(x)), epsilon))
    const value = tf.div(x, root)
    save([value, root])
    return {
      value,
      gradient: (dy, saved) => {
        const [value, root] = saved as [tf.Tensor, tf.Tensor]
        return [tf.div(tf.sub(dy, tf.mul(value, mean(tf.mul(dy, value)))), root)]
      },
    }
  }, x)
}
