import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, kaimingUniform } from '../initializers.js'
import { Module, parameter } from '../module.js'
import { Linear } from './linear.js'
import { expectConvolution, imagePadding, type Padding, type TimePadding, timePadding } from './padding.js'

interface DepthwiseOptions {
  /** Channels, in and out. */
  channels: number
  random: Random
  /** Step between outputs along every axis. Default 1. */
  stride?: number
  /** Default true; starts at zero. */
  bias?: boolean
  /** Default Kaiming uniform with gain √(1/3), as in PyTorch. */
  initializer?: Initializer
}

export interface DepthwiseConv1dOptions extends DepthwiseOptions {
  kernel: number
  /** Default 'valid'. */
  padding?: TimePadding
}

export interface DepthwiseConv2dOptions extends DepthwiseOptions {
  /** Height and width, or one number for both. */
  kernel: number | readonly [number, number]
  /** Default 'valid'. */
  padding?: Padding
}

/** One filter for each channel: a convolution of as many groups as channels. */
abstract class DepthwiseConvolution extends Module {
  /** (channels, 1, …kernel), as in PyTorch */
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  protected readonly channels: number
  protected readonly stride: number

  constructor(options: DepthwiseOptions, padding: TimePadding, kernel: readonly number[]) {
    super()
    const { channels, random, stride = 1, bias = true, initializer = kaimingUniform(Math.sqrt(1 / 3)) } = options
    expectSize('The channels of a depthwise convolution', channels)
    expectConvolution(stride, padding, kernel)
    this.channels = channels
    this.stride = stride
    const shape = [channels, 1, ...kernel]
    this.weight = parameter(initializer(random.fork('weight'), shape), shape)
    if (bias) this.bias = parameter(new Float32Array(channels), [channels])
  }

  /** One grouped convolution, as are both of its gradients. */
  protected convolve(x: tf.Tensor, filter: tf.Tensor, padding: ReturnType<typeof timePadding>): tf.Tensor {
    const y = tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, this.stride, padding as 'valid')
    return this.bias ? tf.add(y, this.bias) : y
  }
}

/** Depthwise convolution over time; weight (channels, 1, kernel). */
export class DepthwiseConv1d extends DepthwiseConvolution {
  private readonly padding: TimePadding

  constructor({ padding = 'valid', kernel, ...options }: DepthwiseConv1dOptions) {
    super(options, padding, [kernel])
    this.padding = padding
  }

  /** From (N, T, channels) to (N, T', channels), T' as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , width] = dimensions(x, 3, 'The input of DepthwiseConv1d (N, T, channels)')
    expectWidth('DepthwiseConv1d', width, this.channels)
    const filter = tf.expandDims(tf.transpose(this.weight, [2, 0, 1]), 0)
    const padding = timePadding(this.padding, this.weight.shape[2] as number)
    return tf.squeeze(this.convolve(tf.expandDims(x, 1), filter, padding), [1])
  }
}

/** Depthwise convolution over two axes; weight (channels, 1, kernel height, kernel width). */
export class DepthwiseConv2d extends DepthwiseConvolution {
  private readonly padding: Padding

  constructor({ padding = 'valid', kernel, ...options }: DepthwiseConv2dOptions) {
    super(options, padding, typeof kernel === 'number' ? [kernel, kernel] : kernel)
    this.padding = padding
  }

  /** From (N, height, width, channels) to (N, height', width', channels), lengths as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    const [, , , width] = dimensions(x, 4, 'The input of DepthwiseConv2d (N, height, width, channels)')
    expectWidth('DepthwiseConv2d', width, this.channels)
    return this.convolve(x, tf.transpose(this.weight, [2, 3, 0, 1]), imagePadding(this.padding))
  }
}

/** What a separable convolution has besides its depthwise part. */
interface Pointwise {
  /** Channels out. */
  outputs: number
}

/**
 * A depthwise convolution over time, then a product over channels: a dense convolution's reach with kernel + outputs
 * weights a channel instead of kernel × outputs (Kaiser, Gomez and Chollet 2018).
 */
export class SeparableConv1d extends Module {
  readonly depthwise: DepthwiseConv1d
  readonly pointwise: Linear

  constructor({ outputs, ...options }: DepthwiseConv1dOptions & Pointwise) {
    super()
    const { channels, bias = true, random } = options
    // A bias before the product would only add to the one after it.
    this.depthwise = new DepthwiseConv1d({ ...options, bias: false, random: random.fork('depthwise') })
    this.pointwise = new Linear({ inputs: channels, outputs, bias, random: random.fork('pointwise') })
  }

  /** From (N, T, channels) to (N, T', outputs), T' as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.pointwise.forward(this.depthwise.forward(x))
  }
}

/** The same over two axes (Chollet 2017). */
export class SeparableConv2d extends Module {
  readonly depthwise: DepthwiseConv2d
  readonly pointwise: Linear

  constructor({ outputs, ...options }: DepthwiseConv2dOptions & Pointwise) {
    super()
    const { channels, bias = true, random } = options
    this.depthwise = new DepthwiseConv2d({ ...options, bias: false, random: random.fork('depthwise') })
    this.pointwise = new Linear({ inputs: channels, outputs, bias, random: random.fork('pointwise') })
  }

  /** From (N, height, width, channels) to (N, height', width', outputs), lengths as in `Conv1d`. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.pointwise.forward(this.depthwise.forward(x))
  }
}
