import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import type { Tokenizer } from '@parlance/tokenizer'
import { z } from 'zod'
import { type ModelConfig, modelSchema, type TrainingConfig } from './config.js'
import { huggingFaceConfig } from './parameter-names.js'
import type { TokenizedText } from './text.js'

/** What `config.json` holds under `parlance`, as far as loading needs it. */
const sectionSchema = z.object({
  model: modelSchema,
  tokenizer: z.object({ hash: z.string(), vocabSize: z.number().int() }),
  training: z.unknown(),
  data: z.unknown(),
})

export type FolderSection = z.output<typeof sectionSchema>

/** `config.json`: Hugging Face's fields where the architecture exists there, and ours under `parlance`. */
export function folderConfig(options: {
  config: ModelConfig
  tokenizer: Tokenizer
  training: TrainingConfig
  corpus: TokenizedText
  validation: TokenizedText
}): object {
  const { config, tokenizer, training, corpus, validation } = options
  const described = ({ tokens, bytes, sha256 }: TokenizedText) => ({ tokens: tokens.length, bytes, sha256 })
  return {
    ...huggingFaceConfig(config, training.weights),
    parlance: {
      model: config,
      tokenizer: { hash: tokenizer.hash, vocabSize: tokenizer.vocabSize },
      training,
      data: { corpus: described(corpus), validation: described(validation) },
    },
  }
}

/** Reads `config.json` of a model folder. Throws an Error, one line, when there is none or it is not of a language model. */
export function readFolderConfig(folder: string): FolderSection {
  const file = join(folder, 'config.json')
  const json = readJson(file) as { parlance?: unknown } | null
  const section = typeof json === 'object' ? json?.parlance : undefined
  if (section === undefined) throw new Error(`${file}: has no section "parlance": it is not the config of a language model.`)
  return parseConfig(sectionSchema, section, file)
}

/** The steps that the run in a folder was planned to have, if it says. */
export function plannedSteps(folder: string): number | undefined {
  const steps = (readFolderConfig(folder).training as { maxSteps?: unknown } | undefined)?.maxSteps
  return typeof steps === 'number' ? steps : undefined
}
