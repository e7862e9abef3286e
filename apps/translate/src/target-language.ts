import { UsageError } from '@parlance/nn/command-line'
import type { Translator } from '@parlance/translation'

/** What the translator must be told of the target language: of a model of one pair, nothing. */
export function targetLanguage({ languages }: Translator, to: string | undefined): { to?: string } {
  if (languages.length === 0) return {}
  if (to !== undefined && languages.includes(to)) return { to }
  const problem = to === undefined ? 'several languages' : `no "${to}"`
  throw new UsageError(`The model knows ${problem}: say with --to into which of ${languages.join(', ')}.`)
}
