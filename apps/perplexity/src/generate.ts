import { LanguageModel } from '@parlance/lm'
import { readCorpus } from './options.js'

export interface GenerateCommandOptions {
  model: string
  prompt?: string
  maxTokens: number
  temperature: number
  topK?: number
  topP?: number
  seed: number
  threads?: number
  json?: true
}

/** `parlance-perplexity generate` */
export async function generate(options: GenerateCommandOptions): Promise<void> {
  const { model: folder, json, threads, prompt: given, ...sampling } = options
  const model = await LanguageModel.load(folder, threads === undefined ? {} : { threads })
  const prompt = given ?? (await readCorpus(undefined))
  const continuation = await model.generate(prompt, sampling)
  process.stdout.write(json ? `${JSON.stringify({ prompt, continuation })}\n` : `${prompt}${continuation}\n`)
}
