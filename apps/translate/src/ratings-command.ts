import { readTextFile } from '@parlance/nn/command-line'
import { MetricError, parseRatings, type RatingsSummary, readSheetKey, type SheetKey, summarizeRatings } from '@parlance/metrics'
import { unescapeHtml } from './evaluation/scoring-sheet.js'

export interface RatingsFlags {
  sheet: string
  json?: true
}

/** Prints the share of each quality level for each file of ratings, worst first, with its 95% interval. */
export async function ratingsCommand(files: readonly string[], { sheet, json }: RatingsFlags): Promise<void> {
  const key = named(sheet, () => sheetKeyOf(readTextFile(sheet)))
  const summaries = files.map((file) => ({ file, ...named(file, () => summarizeRatings(parseRatings(readTextFile(file), key), key)) }))
  process.stdout.write(json ? `${JSON.stringify(summaries)}\n` : summaries.map(asText).join('\n'))
}

/** The sheet's own page, or a report that holds it. */
function sheetKeyOf(page: string): SheetKey {
  const inside = /<iframe [^>]*srcdoc="([^"]*)"/u.exec(page)?.[1]
  return readSheetKey(inside === undefined ? page : unescapeHtml(inside))
}

/** Errors about a file's content, with its name. */
function named<Result>(file: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof MetricError) throw new Error(`${file}: ${error.message}.`, { cause: error })
    throw error
  }
}

function asText({ file, rated, unrated, levels }: RatingsSummary & { file: string }): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`.padStart(6)
  const rows = levels.map(
    ({ name, count, share, interval }) =>
      `  ${name.padEnd(12)} ${String(count).padStart(5)} ${percent(share)}  [95% ${percent(interval.low).trim()} to ${percent(interval.high).trim()}]\n`,
  )
  return `${file}: ${rated} rated, ${unrated} not\n${rows.join('')}`
}
