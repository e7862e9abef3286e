/** Cutting boxes out of images and resizing them. */
import type { Value } from '../graph/graph.js'
import { cast, Float, Ints, kernel, op, transpose } from './registry.js'

/** ONNX's number for the type. */
const INT32 = 6

interface CropAttributes {
  method: 'bilinear' | 'nearest'
  extrapolationValue: number
  cropSize: [number, number]
}

export function registerCropAndResize(): void {
  kernel<CropAttributes>('CropAndResize', (inputs, { method, extrapolationValue, cropSize }) => {
    const { image, boxes, boxInd } = inputs as Record<'image' | 'boxes' | 'boxInd', Value>
    const [count, channels] = [boxes.shape[0] as number, image.shape[3] as number]
    // Not a constant tensor: the shape of the result depends on it.
    const size = op('Cast', [new Ints(cropSize)], [2], 'int32', { to: INT32 })
    const operands = [transpose(cast(image, 'float32'), [0, 3, 1, 2]), boxes, boxInd, size]
    const attributes = { mode: method, extrapolation_value: new Float(extrapolationValue) }
    const crops = op('CropAndResize', operands, [count, channels, ...cropSize], 'float32', attributes, 'com.microsoft')
    return transpose(crops, [0, 2, 3, 1])
  })
}
