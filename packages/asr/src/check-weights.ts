import { locateSafetensors } from '@parlance/runtime/session'
import type { ModelConfig } from './config.js'
import { speechWidth } from './speech/speech-features.js'

/** Of each kind of encoder, the path of its layers. */
const LAYERS = { transformer: /^encoder\.blocks\.(\d+)\./, conformer: /^encoder\.blocks\.(\d+)\./, lstm: /^encoder\.layers\.(\d+)\./ }

/** @throws Error, one line, when the weights are not of the architecture that the config describes */
export function checkWeights(file: string, config: ModelConfig): void {
  const { architecture, encoder, features, transducer, vocabSize } = config
  const wanted: Record<string, number[]> = {
    'frontend.normalization.mean': [speechWidth(features)],
    'frontend.convolutions.0.weight': [encoder.width, speechWidth(features), 3],
    ...(architecture === 'ctc' && { 'ctc.weight': [vocabSize, encoder.width] }),
    ...(architecture === 'transducer' && { 'transducer.output.weight': [vocabSize, transducer.joinerWidth] }),
    ...(transducer.durations && { 'transducer.durationOutput.weight': [transducer.durations.length, transducer.joinerWidth] }),
    ...(architecture === 'attention' && { 'attention.embedding.weight': [vocabSize, encoder.width] }),
  }
  const tensors = locateSafetensors(file)
  for (const [name, shape] of Object.entries(wanted)) {
    const got = tensors.get(name)?.shape
    if (got?.join() !== shape.join()) {
      const found = got ? `has shape [${got.join(', ')}]` : 'is missing'
      throw new Error(`${file}: ${name} ${found}, wanted [${shape.join(', ')}]: these weights are of another model than config.json.`)
    }
  }
  const layers = new Set([...tensors.keys()].flatMap((name) => LAYERS[encoder.type].exec(name)?.[1] ?? []))
  if (layers.size !== encoder.layers) {
    throw new Error(`${file}: has ${layers.size} layers, wanted ${encoder.layers}: these weights are of another model than config.json.`)
  }
}
