import { tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, kaimingUniform } from '../initializers.js'
import { Module, parameter } from '../module.js'
import { type Conv1dOptions, convolve1d } from './convolution.js'
import { linear, type LinearOptions } from './linear.js'
import { expectConvolution, type TimePadding } from './padding.js'

/**
 * A weight (outputs, …) as direction and length of each output's row, w = g · v / ‖v‖: Salimans and Kingma 2016. The names
 * are PyTorch's.
 */
abstract class WeightNormalized extends Module {
  /** v (outputs, …) */
  readonly weight_v: tf.Variable
  /** g (outputs, 1, …) */
  readonly weight_g: tf.Variable
  readonly bias?: tf.Variable

  constructor({ random, bias = true, initializer = kaimingUniform(Math.sqrt(1 / 3)) }: Normalizable, shape: readonly number[]) {
    super()
    const values = initializer(random.fork('weight'), shape)
    const outputs = shape[0] as number
    const size = values.length / outputs
    const lengths = Float32Array.from({ length: outputs }, (_, i) => Math.hypot(...values.subarray(i * size, (i + 1) * size)))
    this.weight_v = parameter(values, shape)
    this.weight_g = parameter(lengths, shape.map((length, axis) => (axis === 0 ? length : 1)))
    if (bias) this.bias = parameter(new Float32Array(outputs), [outputs])
  }

  /** w, of v's shape. At the beginning it is v. */
  weight(): tf.Tensor {
    const axes = this.weight_v.shape.slice(1).map((_, i) => i + 1)
    const length = tf.sqrt(tf.sum(tf.square(this.weight_v), axes, true))
    return tf.mul(this.weight_v, tf.div(this.weight_g, length))
  }
}

type Normalizable = Pick<LinearOptions, 'random' | 'bias'> & { initializer?: Initializer }

/** `Linear` with a normalised weight (outputs, inputs). */
export class WeightNormLinear extends WeightNormalized {
  private readonly inputs: number

  constructor(options: LinearOptions) {
    expectSize('The inputs of WeightNormLinear', options.inputs)
    expectSize('The outputs of WeightNormLinear', options.outputs)
    super(options, [options.outputs, options.inputs])
    this.inputs = options.inputs
  }

  /** From (…, inputs) to (…, outputs). */
  forward(x: tf.Tensor): tf.Tensor {
    expectWidth('WeightNormLinear', x.shape[x.rank - 1], this.inputs)
    return linear(x, this.weight(), this.bias)
  }
}

/** `Conv1d` with a normalised weight (outputs, inputs, kernel). */
export class WeightNormConv1d extends WeightNormalized {
  private readonly inputs: number
  private readonly stride: number
  private readonly padding: TimePadding

  constructor({ inputs, outputs, kernel, stride = 1, padding = 'valid', ...options }: Conv1dOptions) {
    expectSize('The inputs of WeightNormConv1d', inputs)
    expectSize('The outputs of WeightNormConv1d', outputs)
    expectConvolution(stride, padding, [kernel])
    super(options, [outputs, inputs, kernel])
    this.inputs = inputs
    this.stride = stride
    this.padding = padding
  }

  /** From (N, T, inputs) to (N, T', outputs), T' as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , width] = dimensions(x, 3, 'The input of WeightNormConv1d (N, T, inputs)')
    expectWidth('WeightNormConv1d', width, this.inputs)
    return convolve1d(x, this.weight(), this.bias, { stride: this.stride, padding: this.padding })
  }
}
