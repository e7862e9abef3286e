import type { Tokenizer } from '@parlance/tokenizer'
import type { ModelConfig } from './config.js'

/** The `README.md` of a model folder: what the files are and how to use them. */
export function modelCard(config: ModelConfig, tokenizer: Tokenizer): string {
  const { type, layers, width, context, vocabSize } = config
  const names =
    type === 'transformer'
      ? "Parameter names, shapes and the top level of `config.json` are those of Hugging Face's OPT."
      : 'Parameter names are those of the layers that hold them.'
  return `# A language model

A ${type} of ${layers} layers, width ${width}, context ${context}, over ${vocabSize} tokens (tokenizer ${tokenizer.hash.slice(0, 12)}).

\`\`\`
parlance-perplexity --model . --corpus text.txt
parlance-perplexity generate --model . --prompt 'Once'
\`\`\`

| file | holds |
|---|---|
| \`config.json\` | architecture, training settings, sizes and hashes of the texts |
| \`model.safetensors\` | weights of the best evaluation |
| \`tokenizer.json\` | text to tokens, in Hugging Face's format |
| \`score.onnx\`, \`step.onnx\` | losses of given tokens; the next tokens after a cache. Their weights are in \`model.safetensors\` |
| \`log.jsonl\`, \`report.html\` | losses and learning curves |
| \`state/\` | what training resumes from |

${names}
`
}
