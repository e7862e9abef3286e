import { escapeHtml } from '../../training/report.js'
import type { CtcAlignment } from './ctc-alignment.js'
import type { RnntAlignment } from './rnnt-alignment.js'

export interface LatticeDrawing {
  /** What each label is called, for the vertical axis. */
  labels: readonly string[]
  /** What each frame's start is in seconds, for the horizontal axis; without it frames are counted. */
  secondsPerFrame?: number
}

interface Lattice {
  frames: number
  rows: readonly string[]
  /** (frames, rows): probabilities. */
  occupancy: Float64Array
  /** Corners of the best path. */
  path: readonly { frame: number; row: number }[]
  title: string
}

const CELL = { width: 8, height: 14 } as const
const MARGIN = { left: 90, right: 10, top: 22, bottom: 24 } as const
/** Cells less probable than this are left out. */
const LEAST = 0.005
/** Frames from one tick to the next. */
const TICK = 10

/**
 * A transducer's lattice for the report: frames to the right, labels upwards from "start", each cell as dark as paths go
 * through it, and the most probable path: a horizontal stretch is blanks, a vertical one labels.
 *
 * @returns an `svg` element, safe to insert
 * @throws unless there is a name for each label
 */
export function rnntLatticeSvg(alignment: RnntAlignment, drawing: LatticeDrawing): string {
  const { frames, labels, labelFrames, blank, label, total, bestPath } = alignment
  const corners = [{ frame: 0, row: 0 }]
  for (const [k, frame] of labelFrames.entries()) corners.push({ frame, row: k }, { frame, row: k + 1 })
  corners.push({ frame: frames - 1, row: labels })
  const occupancy = blank.map((value, i) => value + (label[i] as number))
  const rows = ['start', ...named(drawing.labels, labels)]
  return drawn({ frames, rows, occupancy, path: corners, title: title('Transducer', total, bestPath) }, drawing.secondsPerFrame)
}

/** CTC's lattice, its states upwards: labels, and between them blanks. As for `rnntLatticeSvg` otherwise. */
export function ctcLatticeSvg(alignment: CtcAlignment, drawing: LatticeDrawing): string {
  const { frames, labels, states, occupancy, total, bestPath } = alignment
  const rows = ['–', ...named(drawing.labels, labels).flatMap((name) => [name, '–'])]
  const path = states.map((row, frame) => ({ frame, row }))
  return drawn({ frames, rows, occupancy, path, title: title('CTC', total, bestPath) }, drawing.secondsPerFrame)
}

function named(names: readonly string[], labels: number): readonly string[] {
  if (names.length === labels) return names
  throw new Error(`A lattice of ${labels} labels needs as many names, got ${names.length}.`)
}

function title(kind: string, total: number, bestPath: number): string {
  const share = Number((100 * Math.exp(bestPath - total)).toPrecision(2))
  return `${kind}: −log p = ${(-total).toFixed(3)} nats; the path drawn has ${share}% of it`
}

function drawn({ frames, rows, occupancy, path, title }: Lattice, secondsPerFrame: number | undefined): string {
  const height = MARGIN.top + rows.length * CELL.height + MARGIN.bottom
  const width = MARGIN.left + frames * CELL.width + MARGIN.right
  const left = (frame: number): number => MARGIN.left + frame * CELL.width
  const top = (row: number): number => MARGIN.top + (rows.length - 1 - row) * CELL.height
  const parts = [`<text x="2" y="14">${escapeHtml(title)}</text>`]
  for (const [i, probability] of occupancy.entries()) {
    if (probability < LEAST) continue
    const [frame, row] = [Math.floor(i / rows.length), i % rows.length]
    const size = `width="${CELL.width}" height="${CELL.height}"`
    const said = `${escapeHtml(rows[row] as string)}, frame ${frame}: ${probability.toFixed(3)}`
    parts.push(`<rect x="${left(frame)}" y="${top(row)}" ${size} fill-opacity="${Math.min(1, probability).toFixed(3)}"><title>${said}</title></rect>`)
  }
  for (const [row, name] of rows.entries()) {
    parts.push(`<text x="${MARGIN.left - 4}" y="${top(row) + CELL.height - 3}" text-anchor="end">${escapeHtml(name)}</text>`)
  }
  for (let frame = 0; frame < frames; frame += TICK) {
    const shown = secondsPerFrame === undefined ? String(frame) : `${(frame * secondsPerFrame).toFixed(2)} s`
    parts.push(`<text x="${left(frame)}" y="${height - 8}">${shown}</text>`)
  }
  const points = path.map(({ frame, row }) => `${left(frame) + CELL.width / 2},${top(row) + CELL.height / 2}`).join(' ')
  parts.push(`<polyline points="${points}" fill="none" stroke="#c33" stroke-width="2"/>`)
  const style = 'font: 10px sans-serif; fill: currentColor'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="${style}">${parts.join('')}</svg>`
}
