import { join } from 'node:path'
import { readJson, UsageError } from '@parlance/nn/command-line'
import type { Translator } from '@parlance/translation'
import { defaultModel } from './default-model.js'

/** Codes such as `en`; undefined where nobody has said. */
export interface Languages {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** The languages that flags name, or else the model's `config.json`, if it has a field `languages: { from, to }`. */
export function languagesOf({ model, from, to }: { model?: string; from?: string; to?: string }): Languages {
  if (from !== undefined && to !== undefined) return { from, to }
  const config = readJson(join(model ?? defaultModel(), 'config.json')) as { languages?: { from?: unknown; to?: unknown } }
  const named = (language: unknown): string | undefined => (typeof language === 'string' ? language : undefined)
  return { from: from ?? named(config.languages?.from), to: to ?? named(config.languages?.to) }
}

/** What the translator must be told of the target language: of a model of one pair, nothing. */
export function targetLanguage({ languages }: Translator, to: string | undefined): { to?: string } {
  if (languages.length === 0) return {}
  if (to !== undefined && languages.includes(to)) return { to }
  const problem = to === undefined ? 'several languages' : `no "${to}"`
  throw new UsageError(`The model knows ${problem}: say with --to into which of ${languages.join(', ')}.`)
}
