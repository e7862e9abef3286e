import type { TrainResult } from '@parlance/nn'
import type { ModelConfig } from '../config.js'
import { GRAPH_FILES, graphNames } from '../graphs/files.js'
import { isPrecomputed, speechWidth } from '../speech/speech-features.js'

/** What a model is, in words. */
function described({ architecture, encoder, transducer, ctcWeight }: ModelConfig): string {
  const kind = {
    ctc: 'CTC model',
    transducer: `transducer (${transducer.predictor} predictor of width ${transducer.predictorWidth}, additive joiner of width ${transducer.joinerWidth})`,
    attention: 'attention encoder–decoder',
  }[architecture]
  const auxiliary = architecture !== 'ctc' && ctcWeight > 0 ? ', trained with a CTC loss beside its own' : ''
  return `${kind} with ${encoder.causal ? 'a causal' : 'a full-context'} ${encoder.type} encoder${auxiliary}`
}

/** `README.md` of a model folder: what it is, how to use it, how it did. */
export function modelCard(config: ModelConfig, { step, seconds, best }: TrainResult): string {
  const { architecture, encoder, features, ctcWeight, vocabSize } = config
  const measured = best
    ? `The weights are those of step ${best.step}, with the lowest loss on the validation manifest: ${best.value.toPrecision(4)} nats a token.`
    : 'The weights are those of the last checkpoint; nothing was held out.'
  const heard = isPrecomputed(features)
    ? `precomputed features, one frame every ${features.frameShift} ms`
    : `${features.convention} ${features.kind} at ${features.sampleRate} Hz`
  const graphs = graphNames(architecture, ctcWeight > 0).map((name) => `\`${GRAPH_FILES[name]}\``).join(', ')
  return `# Speech recogniser

A ${described(config)}, trained by @parlance/asr: ${speechWidth(features)} values a frame (${heard}),
${encoder.layers} layers of width ${encoder.width}, one encoder frame for ${encoder.subsampling} feature frames, ${vocabSize} tokens with the blank.

    parlance-transcribe --model . ${isPrecomputed(features) ? 'features.mfc' : 'speech.wav'}

${step} steps in ${Math.round(seconds)} seconds. ${measured} \`report.html\` shows the run, \`config.json\` every setting.
Plain ONNX Runtime runs ${graphs}, whose inputs and outputs the README of @parlance/asr describes.
`
}
