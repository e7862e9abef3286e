import { featureWidth } from '@parlance/audio'
import type { TrainResult } from '@parlance/nn'
import type { ModelConfig } from './config.js'

/** `README.md` of a model folder: what it is, how to use it, how it did. */
export function modelCard({ encoder, features, vocabSize }: ModelConfig, { step, seconds, best }: TrainResult): string {
  const measured = best
    ? `The weights are those of step ${best.step}, with the lowest CTC loss on the validation manifest: ${best.value.toPrecision(4)} nats a token.`
    : 'The weights are those of the last checkpoint; nothing was held out.'
  const width = featureWidth(features)
  return `# Speech recogniser

A CTC model with a transformer encoder, trained by @parlance/asr: ${width} values a frame (${features.convention} ${features.kind})
at ${features.sampleRate} Hz, ${encoder.layers} blocks of width ${encoder.width}, ${vocabSize} tokens with the blank.

    parlance-transcribe --model . speech.wav

${step} steps in ${Math.round(seconds)} seconds. ${measured} \`report.html\` shows the run, \`config.json\` every setting.
\`encoder.onnx\` runs in plain ONNX Runtime: features (N, T, ${width}) and int32 lengths (N) to log_probs (N, T', ${vocabSize}).
`
}
