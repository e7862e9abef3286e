/** TF.js's specs that do not pass, each with its reason: a spec that fails and is not here, or is here and passes, fails the suite. */

import type { DeviceName } from '@parlance/runtime'

export interface Skip {
  /** The spec's full name. */
  spec: string
  why: string
}

function because(why: string, ...specs: string[]): Skip[] {
  return specs.map((spec) => ({ spec, why }))
}

/** The skips on every device of ONNX Runtime. */
const everywhere: readonly Skip[] = [
  ...because(
    'TF.js itself has set it aside',
    'debug on onnx {} A x B',
    'IS_BROWSER isBrowser: true',
    'IS_BROWSER isBrowser: false',
    'kernel_registry onnx {} errors when registering the same kernel twice',
    'gradient registry onnx {} warning when registering the same gradient twice',
  ),
  ...because(
    'the largest or smallest of numbers of which some are NaN: ONNX Runtime gives NaN or one of the others, by their order',
    'max onnx {} return NaNs',
    'min onnx {} return NaNs',
  ),
  ...because(
    'the last digit: float32 neighbours on either side of the exact value',
    'exp onnx {} int32',
    'tan onnx {} numbers exceed float32 precision',
  ),
  ...because(
    'expects a gradient divided by the size of the window, padding included, which is not the gradient of the average',
    'avgPool onnx {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit',
  ),
]

const onWebGpu: readonly Skip[] = [
  ...because(
    'shaders may assume that there are no NaN and infinities',
    'debug off onnx {} no errors where there are nans, and debug mode is disabled',
    'acosh onnx {} propagates NaNs',
    'acosh onnx {} NaN outside function domain',
    'pow onnx {} negative base and fract exponent NaN',
    'asinh onnx {} propagates NaNs',
    'atanh onnx {} propagates NaNs',
    'atanh onnx {} NaN outside function domain',
    'clipByValue onnx {} basic vec4',
    'clipByValue onnx {} propagates NaNs',
    'log1p onnx {} log1p propagates NaNs',
    'log onnx {} log propagates NaNs',
    'log onnx {} negtive values',
    'logLoss onnx {} 1D - Check for negative values',
    'relu onnx {} propagates NaNs, float32',
    'sigmoid onnx {} propagates NaNs',
    'softmax onnx {} Propagates NaNs',
    'step kernel onnx {} with 1d tensor and alpha',
    'step kernel onnx {} propagates NaNs',
    'topk onnx {} negative infinity input',
  ),
  ...because(
    'the provider computes no pooling of volumes whose result is empty',
    'avgPool3d onnx {} x=[1,1,1,1,1] f=[1,1,3] s=1 p=valid',
  ),
]

export function skipsOn(device: DeviceName): readonly Skip[] {
  return device === 'webgpu' ? [...everywhere, ...onWebGpu] : everywhere
}
