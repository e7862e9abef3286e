import type { Tokenizer } from '@parlance/tokenizer'
import type { ModelConfig } from './model-config.js'

function layersOf({ encoderLayers, decoderLayers, width }: ModelConfig): string {
  return `${encoderLayers} encoder and ${decoderLayers} decoder layers, width ${width}`
}

/** What the model is, in words. */
function architectureOf(config: ModelConfig): string {
  const layers = layersOf(config)
  switch (config.architecture) {
    case 'transformer': {
      const decoder = { attention: '', ssru: ', SSRU decoder', average: ', average-attention decoder' }[config.decoder]
      return `A transformer of ${layers}, ${config.heads} heads, feed-forward width ${config.feedForwardWidth}${decoder}`
    }
    case 'lstm':
      return `An LSTM of ${layers}, ${config.attention} attention`
    case 'convolutional':
      return `A convolutional model of ${layers}, kernel ${config.kernel}`
  }
}

/** The `README.md` of a model folder: what the files are and how to use them. */
export function modelCard(config: ModelConfig, tokenizer: Tokenizer): string {
  const plain = config.architecture === 'transformer' && config.decoder === 'attention' && config.tiedEmbeddings === 'all'
  return `# A translator

${architectureOf(config)}, over a joint vocabulary of ${config.vocabSize} tokens (tokenizer ${tokenizer.hash.slice(0, 12)}).

\`\`\`
parlance-translate --model . < source.txt > target.txt
\`\`\`

| file | holds |
|---|---|
| \`config.json\` | architecture, training settings, sizes and hash of the data |
| \`model.safetensors\` | weights of the best evaluation |
| \`tokenizer.json\` | text to tokens, in Hugging Face's format; texts get a space in front |
| \`encoder.onnx\`, \`decoder.onnx\` | sources to what the decoder reads of them; one step of the search. Their weights are in \`model.safetensors\` |
| \`log.jsonl\`, \`report.html\` | losses, learning curves, sample translations |
| \`state/\` | what training resumes from |
${plain ? "\nParameter names, shapes and the top level of `config.json` are those of Hugging Face's M2M100.\n" : ''}`
}
