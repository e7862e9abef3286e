import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, kaimingUniform } from '../initializers.js'
import { Module, parameter } from '../module.js'

/** 'valid' adds nothing; 'same' makes ⌈length / stride⌉ outputs; a number of zeros is added at both ends. */
export type Padding = 'valid' | 'same' | number

interface ConvolutionOptions {
  /** Channels in. */
  inputs: number
  /** Channels out. */
  outputs: number
  random: Random
  /** Step between outputs along every axis. Default 1. */
  stride?: number
  /** Default 'valid'. */
  padding?: Padding
  /** Default true; starts at zero. */
  bias?: boolean
  /** Default Kaiming uniform with gain √(1/3), as in PyTorch. */
  initializer?: Initializer
}

export interface Conv1dOptions extends ConvolutionOptions {
  kernel: number
}

export interface Conv2dOptions extends ConvolutionOptions {
  /** Height and width, or one number for both. */
  kernel: number | readonly [number, number]
}

abstract class Convolution extends Module {
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  protected readonly inputs: number
  protected readonly stride: number
  protected readonly padding: Padding

  constructor(
    { inputs, outputs, random, stride = 1, padding = 'valid', bias = true, initializer }: ConvolutionOptions,
    kernel: readonly number[],
  ) {
    super()
    expectSize('The inputs of a convolution', inputs)
    expectSize('The outputs of a convolution', outputs)
    expectSize('The stride of a convolution', stride)
    if (typeof padding === 'number') expectSize('The padding of a convolution', padding, 0)
    for (const size of kernel) expectSize('The kernel of a convolution', size)
    this.inputs = inputs
    this.stride = stride
    this.padding = padding
    const shape = [outputs, inputs, ...kernel]
    this.weight = parameter((initializer ?? kaimingUniform(Math.sqrt(1 / 3)))(random.fork('weight'), shape), shape)
    if (bias) this.bias = parameter(new Float32Array(outputs), [outputs])
  }

  /**
   * Padding is spelt out for each axis, since TF.js takes a number to be meant for a square kernel.
   *
   * @param x (N, height, width, inputs)
   * @param filter (kernel height, kernel width, inputs, outputs)
   * @param vertical padding of the height
   */
  protected convolve(x: tf.Tensor, filter: tf.Tensor, vertical: Padding): tf.Tensor {
    const both = (size: Padding): [number, number] => (typeof size === 'number' ? [size, size] : [0, 0])
    const padding =
      typeof this.padding === 'number'
        ? ([[0, 0], both(vertical), both(this.padding), [0, 0]] satisfies tf.backend_util.ExplicitPadding)
        : this.padding
    const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, this.stride, padding)
    return this.bias ? tf.add(y, this.bias) : y
  }
}

/** Convolution over time; weight (outputs, inputs, kernel) as in PyTorch. */
export class Conv1d extends Convolution {
  constructor(options: Conv1dOptions) {
    super(options, [options.kernel])
  }

  /** From (N, T, inputs) to (N, T', outputs), T' = ⌊(T + 2·padding − kernel) / stride⌋ + 1. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , width] = dimensions(x, 3, 'The input of Conv1d (N, T, inputs)')
    expectWidth('Conv1d', width, this.inputs)
    const filter = tf.expandDims(tf.transpose(this.weight, [2, 1, 0]), 0)
    return tf.squeeze(this.convolve(tf.expandDims(x, 1), filter, 0), [1])
  }
}

/** Convolution over two axes; weight (outputs, inputs, kernel height, kernel width) as in PyTorch. */
export class Conv2d extends Convolution {
  constructor(options: Conv2dOptions) {
    const { kernel } = options
    super(options, typeof kernel === 'number' ? [kernel, kernel] : kernel)
  }

  /** From (N, height, width, inputs) to (N, height', width', outputs), lengths as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , , width] = dimensions(x, 4, 'The input of Conv2d (N, height, width, inputs)')
    expectWidth('Conv2d', width, this.inputs)
    const filter = tf.transpose(this.weight, [2, 3, 1, 0]) as tf.Tensor4D
    return this.convolve(x, filter, this.padding)
  }
}
