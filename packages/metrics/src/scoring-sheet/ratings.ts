import { MetricError } from '../error.js'
import { QUALITY_LEVELS, type QualityLevel, type Rating, type ScoringItem } from './levels.js'
import { sheetKey, type SheetKey } from './sheet-id.js'

/** One exported rating, before it is believed. Items count from 1. */
interface Row {
  readonly where: string
  readonly sheet: unknown
  readonly item: unknown
  readonly level: unknown
}

/**
 * Reads the ratings that a scoring sheet has exported, JSON or TSV. `of` is what was rated: the items, or the sheet's key.
 *
 * Throws a `MetricError`, one line, when the text is neither, the ratings are of another sheet, or a rating is of no
 * item, of no level, or the second of its item.
 */
export function parseRatings(text: string, of: readonly ScoringItem[] | SheetKey): Rating[] {
  const { id: sheet, count } = 'id' in of ? of : sheetKey(of)
  const rated = new Set<number>()
  return readRows(text).map(({ where, ...row }) => {
    if (row.sheet !== sheet) {
      throw new MetricError(`${where}: is of scoring sheet ${String(row.sheet)}, not of ${sheet}: give the items it was made of`)
    }
    const item = Number(row.item)
    if (!(Number.isInteger(item) && item >= 1 && item <= count)) {
      throw new MetricError(`${where}: item must be a whole number from 1 to ${count}, got ${String(row.item)}`)
    }
    const level = QUALITY_LEVELS.find(({ name }) => name === row.level)?.name
    if (level === undefined) {
      const names = QUALITY_LEVELS.map(({ name }) => name).join(', ')
      throw new MetricError(`${where}: level must be one of ${names}, got ${String(row.level)}`)
    }
    if (rated.has(item)) throw new MetricError(`${where}: item ${item} has been rated before: keep one rating of it`)
    rated.add(item)
    return { item: item - 1, level }
  })
}

function readRows(text: string): Row[] {
  return text.trimStart().startsWith('{') ? readJson(text) : readTsv(text)
}

function readJson(text: string): Row[] {
  let parsed: { sheet?: unknown, ratings?: unknown }
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new MetricError(`ratings: is no valid JSON (${(error as Error).message}): export them again`)
  }
  if (!Array.isArray(parsed.ratings)) throw new MetricError('ratings: the JSON has no list of ratings: export them again')
  return parsed.ratings.map((rating: unknown, i) => {
    const { item, level } = Object(rating) as { item?: unknown, level?: unknown }
    return { where: `rating ${i + 1}`, sheet: parsed.sheet, item, level }
  })
}

function readTsv(text: string): Row[] {
  const [header, ...lines] = text.split(/\r?\n/u)
  if (header !== 'sheet\titem\tlevel') {
    throw new MetricError(`ratings: the first line must be "sheet", "item", "level" between tabs, got ${JSON.stringify(header)}`)
  }
  return lines.flatMap((line, i) => {
    const [sheet, item, level] = line.split('\t')
    return line === '' ? [] : [{ where: `line ${i + 2}`, sheet, item, level }]
  })
}

export interface RatingsSummary {
  readonly rated: number
  readonly unrated: number
  /** Worst first. */
  readonly levels: readonly LevelShare[]
}

export interface LevelShare {
  readonly name: QualityLevel
  readonly count: number
  /** Of those rated. */
  readonly share: number
  /** Of the share, 95% (Wilson 1927): what other sentences of the kind may come to. 0 to 1 when nothing is rated. */
  readonly interval: { readonly low: number; readonly high: number }
}

/** How the ratings of some items, or of those of a sheet, are distributed. */
export function summarizeRatings(ratings: readonly Rating[], of: readonly ScoringItem[] | SheetKey): RatingsSummary {
  const rated = ratings.length
  const levels = QUALITY_LEVELS.map(({ name }) => {
    const count = ratings.filter(({ level }) => level === name).length
    return { name, count, share: rated === 0 ? 0 : count / rated, interval: wilsonInterval(count, rated) }
  })
  return { rated, unrated: ('id' in of ? of.count : of.length) - rated, levels }
}

/** Two-sided 95% of the normal distribution. */
const Z = 1.959963984540054

function wilsonInterval(count: number, total: number): { low: number; high: number } {
  if (total === 0) return { low: 0, high: 1 }
  const share = count / total
  const centre = share + Z ** 2 / (2 * total)
  const margin = Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))
  const scale = 1 + Z ** 2 / total
  return { low: Math.max(0, (centre - margin) / scale), high: Math.min(1, (centre + margin) / scale) }
}
