import { readSafetensors, type SafetensorsTensor, toFloat32, writeSafetensors } from '@parlance/runtime'
import { UsageError } from '../errors.js'

/**
 * Writes the mean of the models in several safetensors files, for example the last checkpoints of a run (as in Vaswani
 * et al., "Attention Is All You Need", 2017, section 6.1). Sums are taken in float64; the mean is float32. What is not
 * made of floats must be the same in all.
 *
 * @throws UsageError for no files; Error, one line, when a file is damaged or of another architecture than the first
 */
export function averageCheckpoints(files: readonly string[], output: string): void {
  const [first, ...rest] = files
  if (first === undefined) throw new UsageError('Averaging checkpoints needs one file or more, got none.')
  const { tensors } = readSafetensors(first)
  const sums = new Map([...tensors].map(([name, tensor]) => [name, isFloat(tensor) ? Float64Array.from(toFloat32(tensor)) : undefined]))
  for (const file of rest) addFile(file, first, tensors, sums)
  const means = new Map<string, SafetensorsTensor>()
  for (const [name, tensor] of tensors) {
    const sum = sums.get(name)
    const mean = sum && Float32Array.from(sum, (value) => value / files.length)
    means.set(name, mean ? { dtype: 'F32', shape: tensor.shape, data: mean } : tensor)
  }
  writeSafetensors(output, means, { format: 'pt', averaged: String(files.length) })
}

function isFloat({ dtype }: SafetensorsTensor): boolean {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16'
}

function addFile(
  file: string,
  first: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  sums: ReadonlyMap<string, Float64Array | undefined>,
): void {
  const others = readSafetensors(file).tensors
  const fail = (what: string): never => {
    throw new Error(`${file}: ${what}: average checkpoints of one architecture only.`)
  }
  for (const name of others.keys()) if (!tensors.has(name)) fail(`has a tensor ${name}, which ${first} has not`)
  for (const [name, tensor] of tensors) {
    const other = others.get(name) ?? fail(`has no tensor ${name}, which ${first} has`)
    if (other.shape.join() !== tensor.shape.join()) {
      fail(`${name} has shape [${other.shape.join(', ')}], in ${first} it has [${tensor.shape.join(', ')}]`)
    }
    const sum = sums.get(name)
    if (sum) {
      if (!isFloat(other)) fail(`${name} has dtype ${other.dtype}, in ${first} it has ${tensor.dtype}`)
      for (const [i, value] of toFloat32(other).entries()) sum[i] = (sum[i] as number) + value
    } else if (other.dtype !== tensor.dtype || tensor.data.some((value, i) => value !== other.data[i])) {
      fail(`${name} is not made of floats and differs from that in ${first}`)
    }
  }
}
