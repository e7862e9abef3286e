import { type Bleu, bleu } from '@parlance/metrics'
import type { Pair } from './data/read-pairs.js'
import type { TranslateOptions } from './search/translate-options.js'
import type { Translator } from './translator.js'

export interface TranslationScore {
  readonly bleu: Bleu
  /** One for each pair. */
  readonly translations: readonly string[]
}

/** Translates the sources and compares with the targets: corpus BLEU, one reference, cased, tokenized as 13a. */
export async function evaluateTranslator(
  translator: Translator,
  pairs: readonly Pair[],
  options: TranslateOptions = {},
): Promise<TranslationScore> {
  const found = await translator.translate(pairs.map(({ source }) => source), options)
  const translations = found.map(({ text }) => text)
  return { bleu: bleu(translations, pairs.map(({ target }) => target)), translations }
}

/** At most `count` of `items`, spread evenly over them: files are often sorted. */
export function spread<Item>(items: readonly Item[], count = Infinity): Item[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as Item)
}
