import { checkTranslation, type Pair, type TranslateOptions, type Translator, type Warning } from '@parlance/translation'
import type { Languages } from '../languages.js'
import { type Measures, measure } from './measure.js'

/** A model's translations of the evaluation data and what they are worth. */
export interface ModelRun {
  readonly translations: readonly string[]
  readonly measures: Measures
  /** Of translating alone. */
  readonly seconds: number
  /** Of the translations, end tokens included. */
  readonly tokens: number
  /** For each translation, what is suspected of it. */
  readonly warnings: readonly (readonly Warning[])[]
}

/** @param samples resamples of the bootstrap */
export async function runModel(
  translator: Translator,
  pairs: readonly Pair[],
  options: TranslateOptions,
  { from, to }: Languages,
  samples: number,
): Promise<ModelRun> {
  const started = performance.now()
  const found = await translator.translate(pairs.map(({ source }) => source), options)
  const seconds = (performance.now() - started) / 1000
  const translations = found.map(({ text }) => text)
  const tokens = found.reduce((sum, { hypotheses: [best] }) => sum + (best?.tokenLogProbs.length ?? 0), 0)
  const warnings = found.map(({ text }, i) => {
    const { source } = pairs[i] as Pair
    return checkTranslation({ source, target: text, sourceLanguage: from, targetLanguage: to }).warnings
  })
  return { translations, measures: measure(translations, pairs.map(({ target }) => target), samples), seconds, tokens, warnings }
}

/** How many translations each kind of warning is given for, most first. */
export function countWarnings({ warnings }: ModelRun): [string, number][] {
  const counts = new Map<string, number>()
  for (const each of warnings) for (const kind of new Set(each.map((warning) => warning.kind))) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}
