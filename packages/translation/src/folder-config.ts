import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { z } from 'zod'
import { modelConfigSchema } from './config.js'

const schema = z.object({
  task: z.literal('translation'),
  model: modelConfigSchema,
  tokenizer: z.strictObject({ hash: z.string() }),
})

/**
 * What inference needs of a model folder's `config.json`; how the model was trained is not looked at.
 *
 * @throws Error or UsageError, one line, for a file that is missing or is not the config of a translator
 */
export function readFolderConfig(folder: string): z.output<typeof schema> {
  const file = join(folder, 'config.json')
  const { task, model, tokenizer } = (readJson(file) ?? {}) as Record<string, unknown>
  return parseConfig(schema, { task, model, tokenizer }, file)
}
