import { createHash } from 'node:crypto'
import { MetricError } from '../error.js'
import type { ScoringItem } from './levels.js'

/** Names a sheet by its items, so that ratings are never counted for other ones. */
export function sheetId(items: readonly ScoringItem[]): string {
  const texts = items.map(({ source, output, reference }) => [source, output, reference ?? null])
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16)
}

/** What ratings must be of. */
export interface SheetKey {
  readonly id: string
  /** Of its items. */
  readonly count: number
}

export function sheetKey(items: readonly ScoringItem[]): SheetKey {
  return { id: sheetId(items), count: items.length }
}

/** The key of a scoring sheet from its page. Throws a `MetricError` if it is no scoring sheet. */
export function readSheetKey(page: string): SheetKey {
  const json = /<script type="application\/json" id="sheet">([^<]*)<\/script>/u.exec(page)?.[1]
  try {
    const { sheet, count } = JSON.parse(json ?? '') as { sheet?: unknown, count?: unknown }
    if (typeof sheet === 'string' && typeof count === 'number') return { id: sheet, count }
  } catch {
    // Told below, like everything else that is no sheet.
  }
  throw new MetricError('the page is no scoring sheet: give the one on which the ratings were made')
}
