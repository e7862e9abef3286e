import { locateSafetensors, storesFloats } from '@parlance/runtime/session'
import type { ModelConfig } from './model-config.js'
import { parameterShapes } from './parameter-shapes.js'

/** @throws Error, one line, unless `file` holds float weights of exactly the names and shapes that `config` asks for. */
export function checkWeights(file: string, config: ModelConfig): void {
  const locations = locateSafetensors(file)
  const wanted = parameterShapes(config)
  const problems: string[] = []
  for (const [name, shape] of wanted) {
    const got = locations.get(name)
    if (!got) problems.push(`${name} is missing`)
    else if (got.shape.join() !== shape.join()) {
      problems.push(`${name} has shape [${got.shape.join(', ')}], wanted [${shape.join(', ')}]`)
    } else if (!storesFloats(got.dtype)) problems.push(`${name} has dtype ${got.dtype}, wanted F32, F16 or BF16`)
  }
  for (const name of locations.keys()) if (!wanted.has(name)) problems.push(`${name} is not part of the model`)
  if (problems.length === 0) return
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : ''
  throw new Error(
    `${file}: the weights are not those of the model in config.json: ${problems.slice(0, 3).join('; ')}${more}. ` +
      'Put the files of one training run together.',
  )
}
