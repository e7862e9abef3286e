import { escapeHtml, renderReport, type ReportSection } from '@parlance/nn'
import { chrf } from '@parlance/metrics'
import type { Pair } from '@parlance/translation'
import type { LengthBucket, MeasureComparison } from './measure.js'
import { countWarnings, type ModelRun } from './run-model.js'
import { bucketTable, comparisonTable } from './summary.js'

export interface ReportInput {
  readonly title: string
  /** What was evaluated and how; shown field by field. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly pairs: readonly Pair[]
  readonly run: ModelRun
  readonly buckets: readonly LengthBucket[]
  readonly compared: { readonly folder: string; readonly rows: readonly MeasureComparison[] } | undefined
  /** The scoring sheet's page. */
  readonly sheet: string
}

/** Translations shown as the worst, and as the best. */
const SHOWN = 20

/** A page of its own: figures, tables, the worst and best translations, those warned of, and a scoring sheet. */
export function evaluationReport({ title, settings, pairs, run, buckets, compared, sheet }: ReportInput): string {
  const { measures, translations, warnings, seconds, tokens } = run
  const figures = measures.all.map(({ name, score, interval, signature }) => ({
    name,
    value: interval ? `${score.toFixed(2)} [${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}]` : score.toFixed(2),
    convention: `95% interval of resampled sentences; ${signature}`,
  }))
  const speed = { name: 'tokens/s', value: Math.round(tokens / seconds), convention: `${tokens} tokens of translations, end tokens included, in ${seconds.toFixed(1)} s` }
  const ranked = pairs
    .map((pair, i) => ({ ...pair, translation: translations[i] as string, warnings: (warnings[i] ?? []).map(({ message }) => message) }))
    .map((example) => ({ ...example, score: chrf([example.translation], [example.target]).score }))
    .sort((a, b) => a.score - b.score)
  const warned = ranked.filter((example) => example.warnings.length > 0)
  const kinds = countWarnings(run).map(([kind, count]) => [kind, String(count), `${((100 * count) / pairs.length).toFixed(1)}%`])
  const sections: ReportSection[] = [{ title: 'By length of the source', html: table(...bucketTable(measures.all.map(({ name }) => name), buckets)) }]
  if (compared) {
    sections.push({ title: `This model less ${compared.folder}`, html: table(...comparisonTable(compared.rows)) })
  }
  sections.push(
    { title: 'Suspected failures', html: `${table(['kind', 'translations', 'share'], kinds)}${warned.slice(0, SHOWN).map(example).join('')}` },
    { title: 'Worst by sentence chrF', html: ranked.slice(0, SHOWN).map(example).join('') },
    { title: 'Best by sentence chrF', html: ranked.slice(-SHOWN).reverse().map(example).join('') },
    {
      title: 'Scoring sheet',
      html: `<iframe title="Scoring sheet" style="width:100%;height:80vh;border:1px solid var(--line)" srcdoc="${escapeHtml(sheet)}"></iframe>`,
    },
  )
  return renderReport({ title, config: settings, log: [], figures: [...figures, speed], sections })
}

interface Example extends Pair {
  readonly translation: string
  readonly score: number
  readonly warnings: readonly string[]
}

function example({ source, target, translation, score, warnings }: Example): string {
  const lines = [`source       ${source}`, `reference    ${target}`, `translation  ${translation}`, `chrF         ${score.toFixed(1)}`]
  return `<pre style="margin-bottom:1rem">${escapeHtml([...lines, ...warnings.map((message) => `warning      ${message}`)].join('\n'))}</pre>`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string => `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="wide"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table></div>`
}
