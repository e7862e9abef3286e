import { type SafetensorsTensor, toFloat32, writeSafetensors } from '../safetensors.js'
import { quantizeBlocks, quantizeRows } from './rows.js'

/**
 * What weights become:
 *
 * - `int8`: matrices in 8 bits, one scale a row; products with them are of whole numbers, activations being rounded to 7
 *   bits with one scale a row too, as they come
 * - `int8-weights`: the same file; products are of float32
 * - `int4`: matrices in 4 bits, one scale for 32 numbers; in products, activations are rounded to 8 bits with one scale for
 *   32 numbers
 */
export type Quantization = 'int8' | 'int8-weights' | 'int4'

/** How one weight is stored. */
export type WeightForm = 'float32' | 'rows' | 'blocks'

/** Numbers that share a scale in 4 bits. */
export const BLOCK = 32

/** The name of the tensor that holds a weight's scales. */
export function scaleName(name: string): string {
  return `${name}_scale`
}

/**
 * How a weight of this shape is stored: matrices in few bits, what else there is (biases, normalisations; little) whole.
 */
export function weightForm(shape: readonly number[], quantization: Quantization): WeightForm {
  const [, columns = 0] = shape
  if (shape.length !== 2 || columns < BLOCK) return 'float32'
  return quantization === 'int4' && columns % BLOCK === 0 ? 'blocks' : 'rows'
}

/** The tensors that a weight of this shape is stored as: names, dtypes and shapes. */
export function storedTensors(
  name: string,
  shape: readonly number[],
  quantization: Quantization,
): { name: string; dtype: SafetensorsTensor['dtype']; shape: number[] }[] {
  const [rows = 0, columns = 0] = shape
  switch (weightForm(shape, quantization)) {
    case 'float32':
      return [{ name, dtype: 'F32', shape: [...shape] }]
    case 'rows':
      return [{ name, dtype: 'I8', shape: [rows, columns] }, { name: scaleName(name), dtype: 'F32', shape: [rows] }]
    case 'blocks':
      return [
        { name, dtype: 'U8', shape: [rows, columns / 2] },
        { name: scaleName(name), dtype: 'F32', shape: [rows, columns / BLOCK] },
      ]
  }
}

/**
 * Writes float weights to a safetensors file as they are to be stored, whole numbers after floats, so that everything lies
 * where its size wants it.
 *
 * @throws Error, one line, for a tensor that holds no floats, or a file that cannot be written
 */
export function writeQuantized(file: string, weights: ReadonlyMap<string, SafetensorsTensor>, quantization: Quantization): void {
  const stored = [...weights].flatMap(([name, tensor]) => store(name, tensor, quantization))
  stored.sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT)
  writeSafetensors(file, new Map(stored), { format: 'pt' })
}

function store(name: string, tensor: SafetensorsTensor, quantization: Quantization): [string, SafetensorsTensor][] {
  const floats = toFloat32(tensor)
  const { shape } = tensor
  const [rows = 0, columns = 0] = shape
  const whole = (values: Float32Array, ...shape: number[]): SafetensorsTensor => ({ dtype: 'F32', shape, data: values })
  switch (weightForm(shape, quantization)) {
    case 'float32':
      return [[name, whole(floats, ...shape)]]
    case 'rows': {
      const { values, scales } = quantizeRows(floats, rows)
      return [[name, { dtype: 'I8', shape, data: values }], [scaleName(name), whole(scales, rows)]]
    }
    case 'blocks': {
      const { values, scales } = quantizeBlocks(floats, BLOCK)
      const packed: SafetensorsTensor = { dtype: 'U8', shape: [rows, columns / 2], data: values }
      return [[name, packed], [scaleName(name), whole(scales, rows, columns / BLOCK)]]
    }
  }
}
