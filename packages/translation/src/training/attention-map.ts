import { escapeHtml, type ReportSection } from '@parlance/nn'
import type { Translation } from '../translator.js'

/** What a map shows: each target token's attention over the source tokens and the end of the source. */
export interface AttentionMap {
  readonly source: readonly string[]
  readonly target: readonly string[]
  /** (target × (source + 1)) rows sum to 1. */
  readonly attention: Float32Array
}

const CELL = 18
/** About the width of a character at the size that labels have. */
const CHARACTER = 6.6
const FONT = 11

/** A heat map as an SVG picture: a row for each target token, a column for each source token and the end, dark is much. */
export function attentionMapSvg({ source, target, attention }: AttentionMap): string {
  const columns = [...source, '⏹']
  const labelWidth = (labels: readonly string[]) => Math.ceil(Math.max(0, ...labels.map((label) => label.trim().length)) * CHARACTER) + 8
  const [left, top] = [labelWidth(target), labelWidth(columns)]
  const [width, height] = [left + columns.length * CELL + top / 2, top + target.length * CELL + 4]
  const text = (label: string, x: number, y: number, attributes: string) => `<text x="${x}" y="${y}" ${attributes}>${escapeHtml(label.trim())}</text>`
  const across = columns.map((label, s) => {
    const x = left + (s + 0.6) * CELL
    return text(label, x, top - 4, `transform="rotate(-60 ${x} ${top - 4})"`)
  })
  const down = target.map((label, t) => text(label, left - 4, top + (t + 0.7) * CELL, 'text-anchor="end"'))
  const cells = target.flatMap((row, t) =>
    columns.map((column, s) => {
      const weight = attention[t * columns.length + s] ?? 0
      const title = `${escapeHtml(row.trim())} ← ${escapeHtml(column.trim())}: ${weight.toFixed(2)}`
      const place = `x="${left + s * CELL}" y="${top + t * CELL}" width="${CELL - 1}" height="${CELL - 1}"`
      return `<rect ${place} fill="var(--first, #1f6fb5)" fill-opacity="${weight.toFixed(3)}"><title>${title}</title></rect>`
    }),
  )
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="system-ui, sans-serif" font-size="${FONT}" fill="var(--ink, #1d2328)">${[...across, ...down, ...cells].join('')}</svg>`
  )
}

/** A part of the report with the maps of translations. */
export function attentionSection(title: string, translations: readonly Translation[]): ReportSection {
  const maps = translations.flatMap(({ sourcePieces, hypotheses: [best] }) =>
    best && best.pieces.length > 0
      ? [attentionMapSvg({ source: sourcePieces, target: best.pieces, attention: best.attention })]
      : [],
  )
  return { title, html: `<div class="charts">${maps.map((map) => `<figure class="wide">${map}</figure>`).join('\n')}</div>` }
}
