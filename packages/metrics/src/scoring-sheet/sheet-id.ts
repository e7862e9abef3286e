import { createHash } from 'node:crypto'
import type { ScoringItem } from './levels.js'

/** Names a sheet by its items, so that ratings are never counted for other ones. */
export function sheetId(items: readonly ScoringItem[]): string {
  const texts = items.map(({ source, output, reference }) => [source, output, reference ?? null])
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16)
}
