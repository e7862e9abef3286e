import { escapeHtml, type ReportSection } from '../training/report.js'
import type { Reliability } from './reliability.js'

/** Of the drawing, in pixels. */
const SIZE = 240
const EDGE = 40

/**
 * The reliability diagram as a section of a report: accuracy of each bin as a bar, the diagonal of perfect calibration,
 * bins with more predictions darker; below it the errors. Colours are the page's.
 */
export function reliabilitySection(title: string, result: Reliability): ReportSection {
  const { bins, count, expectedCalibrationError, maximumCalibrationError } = result
  const most = Math.max(...bins.map((bin) => bin.count))
  const x = (value: number): string => (EDGE + value * SIZE).toFixed(1)
  const y = (value: number): string => (8 + (1 - value) * SIZE).toFixed(1)
  const bars = bins
    .filter((bin) => bin.count > 0)
    .map(({ low, high, count, confidence, accuracy }) => {
      const width = ((high - low) * SIZE - 1).toFixed(1)
      const opacity = (0.25 + (0.75 * count) / most).toFixed(2)
      const text = `confidence ${percent(confidence)}, accuracy ${percent(accuracy)}, ${count} predictions`
      return (
        `<rect x="${x(low)}" y="${y(accuracy)}" width="${width}" height="${(accuracy * SIZE).toFixed(1)}" ` +
        `fill="var(--first)" fill-opacity="${opacity}"><title>${text}</title></rect>`
      )
    })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<text x="${x(value)}" y="${SIZE + 24}" text-anchor="middle">${value}</text>` +
      `<text x="${EDGE - 6}" y="${y(value)}" text-anchor="end" dominant-baseline="middle">${value}</text>` +
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(value)}" y2="${y(value)}" stroke="var(--line)"/>`,
  )
  const errors = `expected calibration error ${percent(expectedCalibrationError)}, greatest ${percent(maximumCalibrationError)}`
  const html =
    `<figure><figcaption><b>Reliability</b> Accuracy by confidence, ${count} predictions in ${bins.length} bins of equal ` +
    `width: ${errors}.</figcaption>` +
    `<svg viewBox="0 0 ${SIZE + EDGE + 16} ${SIZE + 48}" width="${SIZE + EDGE + 16}" role="img" ` +
    `aria-label="${escapeHtml(`${title}: ${errors}`)}" font-size="11" fill="var(--faint)">` +
    `${ticks.join('')}${bars.join('')}` +
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="var(--second)" stroke-width="1.5"/>` +
    `<text x="${x(0.5)}" y="${SIZE + 42}" text-anchor="middle">confidence</text></svg></figure>`
  return { title, html }
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`
}
