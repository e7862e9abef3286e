import { scoringSheet } from '@parlance/metrics'
import { type Pair, spread } from '@parlance/translation'

/** A page on which people rate translations; `size` of them, spread evenly over the pairs. */
export function translationSheet(pairs: readonly Pair[], translations: readonly string[], size: number, title: string): string {
  const items = pairs.map(({ source, target }, i) => ({ source, output: translations[i] as string, reference: target }))
  return scoringSheet(spread(items, size), title)
}

const ENTITIES = [['&lt;', '<'], ['&gt;', '>'], ['&quot;', '"'], ['&#39;', "'"], ['&amp;', '&']] as const

/** The text that was escaped as an attribute. */
export function unescapeHtml(text: string): string {
  return ENTITIES.reduce((unescaped, [entity, character]) => unescaped.replaceAll(entity, character), text)
}
