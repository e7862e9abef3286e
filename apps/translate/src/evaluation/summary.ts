import type { LengthBucket, Measure, MeasureComparison } from './measure.js'
import { countWarnings, type ModelRun } from './run-model.js'

/** What is printed of an evaluation. */
export function summaryText(run: ModelRun, buckets: readonly LengthBucket[], compared: { folder: string; rows: readonly MeasureComparison[] } | undefined): string {
  const { measures, seconds, tokens, translations } = run
  const parts = [
    measures.all.map((each) => measureLine(each, run)).join(''),
    `${translations.length} sentences in ${seconds.toFixed(1)} s, ${Math.round(tokens / seconds)} tokens/s\n`,
    warningsLine(run),
    `\n${textTable(...bucketTable(measures.all.map(({ name }) => name), buckets))}`,
  ]
  if (compared) parts.push(`\nThis model less ${compared.folder}:\n${textTable(...comparisonTable(compared.rows))}`)
  return parts.join('')
}

/** In sacreBLEU's form, with the interval. */
function measureLine({ name, signature, score, interval }: Measure, { measures: { bleu } }: ModelRun): string {
  const orders = bleu.precisions.map((precision) => precision.toFixed(1)).join('/')
  const ratio = (bleu.hypothesisLength / bleu.referenceLength).toFixed(3)
  const details =
    name === 'BLEU'
      ? ` ${orders} (BP = ${bleu.brevityPenalty.toFixed(3)} ratio = ${ratio} hyp_len = ${bleu.hypothesisLength} ref_len = ${bleu.referenceLength})`
      : ''
  const range = interval ? ` [95% ${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}]` : ''
  return `${name}|${signature} = ${score.toFixed(2)}${details}${range}\n`
}

function warningsLine(run: ModelRun): string {
  const warned = run.warnings.filter((each) => each.length > 0).length
  const share = ((100 * warned) / run.warnings.length).toFixed(1)
  const kinds = countWarnings(run).map(([kind, count]) => `${kind} ${count}`)
  return `warnings about ${warned} translations (${share}%)${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}\n`
}

type Table = [head: string[], rows: string[][]]

/** Scores by the length of the source. */
export function bucketTable(names: readonly string[], buckets: readonly LengthBucket[]): Table {
  const rows = buckets.map(({ from, to, sentences, scores, lengthRatio }) => [
    Number.isFinite(to) ? `${from}–${to}` : `${from}–`,
    String(sentences),
    ...scores.map((score) => score.toFixed(2)),
    lengthRatio.toFixed(3),
  ])
  return [['source words', 'sentences', ...names, 'length ratio'], rows]
}

export function comparisonTable(rows: readonly MeasureComparison[]): Table {
  const head = ['', 'this', 'other', 'difference', '95%', 'p (bootstrap)', 'p (randomization)']
  const cells = rows.map(({ name, score, other, difference, interval, bootstrapP, randomizationP }) => [
    name,
    score.toFixed(2),
    other.toFixed(2),
    signed(difference),
    `${signed(interval.low)} to ${signed(interval.high)}`,
    bootstrapP.toFixed(4),
    randomizationP.toFixed(4),
  ])
  return [head, cells]
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}

/** Columns of like width, the first to the left and the others to the right. */
function textTable(head: string[], rows: string[][]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)))
  const line = (row: string[]): string => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ').trimEnd()
  return all.map((row) => `${line(row)}\n`).join('')
}
