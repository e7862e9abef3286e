import fs from 'node:fs'
import { createRequire } from 'node:module'
import { writeFileAtomic } from '@parlance/runtime'
import { formatDuration } from './format.js'
import { PAGE_SCRIPT, PAGE_STYLE } from './report-page.js'
import type { LogEntry, StepEntry } from './training-log.js'

/** A result and what it counts, so that nobody has to guess. */
export interface ReportFigure {
  name: string
  value: string | number
  /** For example "nats per character, over every position of the validation text". */
  convention: string
}

/** A part of the page below the curves. `text` is shown as it is; `html` is inserted and must be safe. */
export type ReportSection = { title: string } & ({ text: string } | { html: string })

interface Curve {
  name: string
  points: [x: number, y: number][]
}

/** A further chart, beside those of the log. */
export interface ReportPlot {
  title: string
  /** What is drawn, in one sentence. */
  note: string
  /** What x counts, for example "learning rate". */
  xName: string
  /** Draws x logarithmically; default false. */
  logarithmic?: boolean
  /** Points in the order of x. */
  curves: Curve[]
}

export interface ReportContent {
  title: string
  config: unknown
  log: readonly LogEntry[]
  plots?: readonly ReportPlot[]
  figures?: readonly ReportFigure[]
  sections?: readonly ReportSection[]
}

interface Chart {
  title: string
  note: string
  xName: string
  logarithmic: boolean
  x: number[]
  series: { name: string; y: (number | null)[] }[]
}

const MOST_POINTS = 2000

/** Text as HTML. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}

/** JSON that no HTML parser takes for the end of its script. */
function scriptJson(value: unknown): string {
  const escapes: Record<string, string> = { '<': '\\u003c', '\u2028': '\\u2028', '\u2029': '\\u2029' }
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => escapes[character] as string)
}

/** At most `MOST_POINTS` points, each the mean of as many neighbours. */
function thin(points: Curve['points']): Curve['points'] {
  const size = Math.ceil(points.length / MOST_POINTS)
  if (size <= 1) return points
  const thinned: Curve['points'] = []
  for (let i = 0; i < points.length; i += size) {
    const group = points.slice(i, i + size)
    const last = group.at(-1) as [number, number]
    thinned.push([last[0], group.reduce((sum, [, y]) => sum + y, 0) / group.length])
  }
  return thinned
}

/** A chart of curves over every x at which any of them has a point. */
function chart({ title, note, xName, logarithmic = false, curves }: ReportPlot): Chart {
  const thinned = curves.map(({ name, points }) => ({ name, values: new Map(thin(points)) }))
  const x = [...new Set(thinned.flatMap(({ values }) => [...values.keys()]))].sort((a, b) => a - b)
  const series = thinned.map(({ name, values }) => ({ name, y: x.map((at) => values.get(at) ?? null) }))
  return { title, note, xName, logarithmic, x, series }
}

function charts(log: readonly LogEntry[]): Chart[] {
  const steps = log.filter((entry): entry is StepEntry => 'loss' in entry)
  const curve = (name: string, of: (entry: StepEntry) => number): Curve => ({
    name,
    points: steps.map((entry) => [entry.step, of(entry)]),
  })
  const evaluations = new Map<string, Curve>()
  for (const entry of log) {
    if (!('evaluation' in entry)) continue
    for (const [name, value] of Object.entries(entry.evaluation)) {
      const points = evaluations.get(name)?.points ?? []
      if (Number.isFinite(value)) points.push([entry.step, value])
      evaluations.set(name, { name: `evaluation: ${name}`, points })
    }
  }
  const loss = evaluations.get('loss')
  evaluations.delete('loss')
  const plot = (title: string, note: string, curves: Curve[]): Chart => chart({ title, note, xName: 'step', curves })
  return [
    plot(
      'Loss',
      'Training: sum of the losses over the number of their terms, since the previous point.',
      [curve('training', (entry) => entry.loss), ...(loss ? [loss] : [])],
    ),
    ...[...evaluations].map(([name, points]) => plot(name, 'On the evaluation data.', [points])),
    plot('Learning rate', 'Of the step.', [curve('learning rate', (entry) => entry.learningRate)]),
    plot('Gradient norm', 'L2, of all gradients of the mean loss together, before clipping; mean since the previous point.', [
      curve('gradient norm', (entry) => entry.gradientNorm),
    ]),
  ].filter(({ x }) => x.length > 0)
}

function* configRows(value: unknown, path = ''): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, field] of Object.entries(value)) yield* configRows(field, path === '' ? name : `${path}.${name}`)
  } else if (value !== undefined) yield [path, typeof value === 'string' ? value : JSON.stringify(value)]
}

/** A table as HTML; the cells are text. */
export function table(head: string[], rows: Iterable<readonly string[]>): string {
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  const body = [...rows].map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table></div>`
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeHtml(title)}</h2>${body}</section>`
}

/** The page of a training run: learning curves, figures, samples and the config, with nothing to load from elsewhere. */
export function renderReport({ title, config, log, plots: more = [], figures = [], sections = [] }: ReportContent): string {
  const require = createRequire(import.meta.url)
  const plotStyle = fs.readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')
  const plotScript = fs.readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const plotted = [...charts(log), ...more.map(chart)]
  const last = log.at(-1)
  const parts = [`<h1>${escapeHtml(title)}</h1>`]
  if (last) parts.push(`<p>${last.step} steps in ${formatDuration(last.seconds)}.</p>`)
  if (figures.length > 0) {
    const rows = figures.map(({ name, value, convention }) => [name, String(value), convention])
    parts.push(section('Figures', table(['figure', 'value', 'what it counts'], rows)))
  }
  const plots = plotted.map(
    ({ title, note }, i) =>
      `<figure><figcaption><b>${escapeHtml(title)}</b> ${escapeHtml(note)}</figcaption><div id="chart-${i}"></div></figure>`,
  )
  if (plots.length > 0) parts.push(section('Learning curves', `<div class="charts">${plots.join('\n')}</div>`))
  for (const part of sections) {
    parts.push(section(part.title, 'html' in part ? part.html : `<pre>${escapeHtml(part.text)}</pre>`))
  }
  parts.push(section('Config', table(['field', 'value'], configRows(config))))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${plotStyle}</style>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${parts.join('\n')}
</main>
<script>${plotScript}</script>
<script type="application/json" id="charts">${scriptJson(plotted)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

/** Writes `renderReport`'s page, atomically. Throws Error, one line, when it cannot be written. */
export function writeReport(file: string, content: ReportContent): void {
  writeFileAtomic(file, renderReport(content))
}
