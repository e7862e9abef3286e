import { locateSafetensors, storesFloats } from '@parlance/runtime/session'
import type { ModelConfig } from './model-config.js'

function linear(name: string, outputs: number, inputs: number): [string, number[]][] {
  return [[`${name}.weight`, [outputs, inputs]], [`${name}.bias`, [outputs]]]
}

function norm(name: string, width: number): [string, number[]][] {
  return [[`${name}.weight`, [width]], [`${name}.bias`, [width]]]
}

/** The tensors that `model.safetensors` holds for a config, with their shapes: the names of Hugging Face's M2M100. */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { vocabSize, width, encoderLayers, decoderLayers, feedForwardWidth } = config
  const attention = (name: string): [string, number[]][] => [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) => linear(`${name}.${part}`, width, width)),
    ...norm(`${name}_layer_norm`, width),
  ]
  const layers = (side: string, count: number, attentions: readonly string[]): [string, number[]][] =>
    Array.from({ length: count }, (_, i) => `model.${side}.layers.${i}`).flatMap((layer) => [
      ...attentions.flatMap((name) => attention(`${layer}.${name}`)),
      ...linear(`${layer}.fc1`, feedForwardWidth, width),
      ...linear(`${layer}.fc2`, width, feedForwardWidth),
      ...norm(`${layer}.final_layer_norm`, width),
    ])
  return new Map([
    ['model.shared.weight', [vocabSize, width]],
    ...layers('encoder', encoderLayers, ['self_attn']),
    ...norm('model.encoder.layer_norm', width),
    ...layers('decoder', decoderLayers, ['self_attn', 'encoder_attn']),
    ...norm('model.decoder.layer_norm', width),
  ])
}

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
