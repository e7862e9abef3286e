import type { tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'

/** 'valid' adds nothing; 'same' makes ⌈length / stride⌉ outputs; a number of zeros is added at both ends. */
export type Padding = 'valid' | 'same' | number

/** Over time, 'causal' adds kernel − 1 zeros before the first step: an output sees its own step and earlier ones. */
export type TimePadding = Padding | 'causal'

type Explicit = 'valid' | 'same' | tf.backend_util.ExplicitPadding

/** Throws unless the numbers that every convolution is built from make sense. */
export function expectConvolution(stride: number, padding: TimePadding, kernel: readonly number[]): void {
  expectSize('The stride of a convolution', stride)
  if (typeof padding === 'number') expectSize('The padding of a convolution', padding, 0)
  for (const size of kernel) expectSize('The kernel of a convolution', size)
}

/** Padding of (N, 1, T, C), for each axis: TF.js takes a number to be meant for a square kernel. */
export function timePadding(padding: TimePadding, kernel: number): Explicit {
  if (padding === 'valid' || padding === 'same') return padding
  return [[0, 0], [0, 0], padding === 'causal' ? [kernel - 1, 0] : [padding, padding], [0, 0]]
}

/** Padding of (N, height, width, C), for each axis. */
export function imagePadding(padding: Padding): Explicit {
  if (typeof padding !== 'number') return padding
  return [[0, 0], [padding, padding], [padding, padding], [0, 0]]
}
