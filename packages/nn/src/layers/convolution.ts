import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, kaimingUniform } from '../initializers.js'
import { Module, parameter } from '../module.js'
import { expectConvolution, imagePadding, type Padding, type TimePadding, timePadding } from './padding.js'

interface ConvolutionOptions {
  /** Channels in. */
  inputs: number
  /** Channels out. */
  outputs: number
  random: Random
  /** Step between outputs along every axis. Default 1. */
  stride?: number
  /** Default true; starts at zero. */
  bias?: boolean
  /** Default Kaiming uniform with gain √(1/3), as in PyTorch. */
  initializer?: Initializer
}

export interface Conv1dOptions extends ConvolutionOptions {
  kernel: number
  /** Default 'valid'. */
  padding?: TimePadding
}

export interface Conv2dOptions extends ConvolutionOptions {
  /** Height and width, or one number for both. */
  kernel: number | readonly [number, number]
  /** Default 'valid'. */
  padding?: Padding
}

/** Weight and bias of a convolution over as many axes as `kernel` has. */
abstract class Convolution extends Module {
  /** (outputs, inputs, …kernel) */
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  protected readonly inputs: number
  protected readonly stride: number

  constructor(options: ConvolutionOptions, padding: TimePadding, kernel: readonly number[]) {
    super()
    const { inputs, outputs, random, stride = 1, bias = true, initializer = kaimingUniform(Math.sqrt(1 / 3)) } = options
    expectSize('The inputs of a convolution', inputs)
    expectSize('The outputs of a convolution', outputs)
    expectConvolution(stride, padding, kernel)
    this.inputs = inputs
    this.stride = stride
    const shape = [outputs, inputs, ...kernel]
    this.weight = parameter(initializer(random.fork('weight'), shape), shape)
    if (bias) this.bias = parameter(new Float32Array(outputs), [outputs])
  }
}

/**
 * The convolution over time of x (N, T, inputs) with `weight` (outputs, inputs, kernel), plus `bias` (outputs).
 *
 * @returns (N, T', outputs)
 */
export function convolve1d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  { stride, padding }: { stride: number; padding: TimePadding },
): tf.Tensor {
  const filter = tf.expandDims(tf.transpose(weight, [2, 1, 0]), 0) as tf.Tensor4D
  const pad = timePadding(padding, weight.shape[2] as number)
  const y = tf.squeeze(tf.conv2d(tf.expandDims(x, 1) as tf.Tensor4D, filter, stride, pad), [1])
  return bias ? tf.add(y, bias) : y
}

/** Convolution over time; weight (outputs, inputs, kernel) as in PyTorch. */
export class Conv1d extends Convolution {
  private readonly padding: TimePadding

  constructor({ padding = 'valid', kernel, ...options }: Conv1dOptions) {
    super(options, padding, [kernel])
    this.padding = padding
  }

  /** From (N, T, inputs) to (N, T', outputs), T' = ⌊(T + 2·padding − kernel) / stride⌋ + 1. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , width] = dimensions(x, 3, 'The input of Conv1d (N, T, inputs)')
    expectWidth('Conv1d', width, this.inputs)
    return convolve1d(x, this.weight, this.bias, { stride: this.stride, padding: this.padding })
  }
}

/** Convolution over two axes; weight (outputs, inputs, kernel height, kernel width) as in PyTorch. */
export class Conv2d extends Convolution {
  private readonly padding: Padding

  constructor({ padding = 'valid', kernel, ...options }: Conv2dOptions) {
    super(options, padding, typeof kernel === 'number' ? [kernel, kernel] : kernel)
    this.padding = padding
  }

  /** From (N, height, width, inputs) to (N, height', width', outputs), lengths as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , , width] = dimensions(x, 4, 'The input of Conv2d (N, height, width, inputs)')
    expectWidth('Conv2d', width, this.inputs)
    const filter = tf.transpose(this.weight, [2, 3, 1, 0]) as tf.Tensor4D
    const y = tf.conv2d(x as tf.Tensor4D, filter, this.stride, imagePadding(this.padding))
    return this.bias ? tf.add(y, this.bias) : y
  }
}
