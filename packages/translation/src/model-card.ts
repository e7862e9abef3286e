import type { Tokenizer } from '@parlance/tokenizer'
import type { ModelConfig } from './model-config.js'

/** The `README.md` of a model folder: what the files are and how to use them. */
export function modelCard(config: ModelConfig, tokenizer: Tokenizer): string {
  const { encoderLayers, decoderLayers, width, heads, feedForwardWidth, vocabSize } = config
  return `# A translator

A transformer of ${encoderLayers} encoder and ${decoderLayers} decoder layers, width ${width}, ${heads} heads, feed-forward width
${feedForwardWidth}, over a joint vocabulary of ${vocabSize} tokens (tokenizer ${tokenizer.hash.slice(0, 12)}).

\`\`\`
parlance-translate --model . < source.txt > target.txt
\`\`\`

| file | holds |
|---|---|
| \`config.json\` | architecture, training settings, sizes and hash of the data |
| \`model.safetensors\` | weights of the best evaluation |
| \`tokenizer.json\` | text to tokens, in Hugging Face's format; texts get a space in front |
| \`encoder.onnx\`, \`decoder.onnx\` | sources to keys and values; one step of the search. Their weights are in \`model.safetensors\` |
| \`log.jsonl\`, \`report.html\` | losses, learning curves, sample translations |
| \`state/\` | what training resumes from |

Parameter names, shapes and the top level of \`config.json\` are those of Hugging Face's M2M100.
`
}
