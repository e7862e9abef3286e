import { locateSafetensors, type Quantization, storedTensors, storesFloats } from '@parlance/runtime/session'
import type { ModelConfig } from './model-config.js'
import { parameterShapes } from './parameter-shapes.js'

/**
 * @param quantization how the weights are stored, if not as floats
 * @throws Error, one line, unless `file` holds weights of exactly the names and shapes that `config` asks for
 */
export function checkWeights(file: string, config: ModelConfig, quantization?: Quantization): void {
  const locations = locateSafetensors(file)
  const wanted = storedWeights(config, quantization)
  const problems: string[] = []
  for (const [name, { shape, dtype }] of wanted) {
    const got = locations.get(name)
    if (!got) problems.push(`${name} is missing`)
    else if (got.shape.join() !== shape.join()) {
      problems.push(`${name} has shape [${got.shape.join(', ')}], wanted [${shape.join(', ')}]`)
    } else if (dtype === undefined ? !storesFloats(got.dtype) : got.dtype !== dtype) {
      problems.push(`${name} has dtype ${got.dtype}, wanted ${dtype ?? 'F32, F16 or BF16'}`)
    }
  }
  for (const name of locations.keys()) if (!wanted.has(name)) problems.push(`${name} is not part of the model`)
  if (problems.length === 0) return
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : ''
  throw new Error(
    `${file}: the weights are not those of the model in config.json: ${problems.slice(0, 3).join('; ')}${more}. ` +
      'Put the files of one training run together.',
  )
}

/** What `model.safetensors` holds: tensors, their shapes and, where only one will do, their dtypes. */
function storedWeights(config: ModelConfig, quantization: Quantization | undefined): Map<string, { shape: readonly number[]; dtype?: string }> {
  const shapes = [...parameterShapes(config)]
  if (quantization === undefined) return new Map(shapes.map(([name, shape]) => [name, { shape }]))
  return new Map(shapes.flatMap(([name, shape]) => storedTensors(name, shape, quantization)).map((tensor) => [tensor.name, tensor]))
}
