/** TF.js's specs that do not pass, each with its reason: a spec that fails and is not here, or is here and passes, fails the suite. */

export interface Skip {
  /** The spec's full name. */
  spec: string
  why: string
}

function because(why: string, ...specs: string[]): Skip[] {
  return specs.map((spec) => ({ spec, why }))
}

export const skips: readonly Skip[] = [
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
