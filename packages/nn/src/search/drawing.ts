import { formatNumber } from '../training/format.js'
import { escapeHtml } from '../training/report.js'
import type { ParameterValue } from './distributions.js'

/** Of a drawing, in pixels. */
const WIDTH = 320
const HEIGHT = 200
const LEFT = 64
const TOP = 8

/** Places values from 0 to 1 along an axis. */
export interface Axis<Value> {
  name: string
  place(value: Value): number
  ticks: { label: string; place: number }[]
}

/** An axis over all values, which are finite and of which there is one at least. */
export function numberAxis(name: string, values: readonly number[], logarithmic: boolean): Axis<number> {
  const of = logarithmic ? Math.log10 : (value: number) => value
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) [low, high] = [Math.min(low, of(value)), Math.max(high, of(value))]
  if (low === high) [low, high] = [low - 0.5, high + 0.5]
  const place = (value: number): number => (of(value) - low) / (high - low)
  const ticks = rounded(low, high, logarithmic).map((value) => ({ label: formatNumber(value), place: place(value) }))
  return { name, place, ticks }
}

/** A few round numbers along an axis from low to high: powers of ten on a logarithmic one that spans two or more. */
function rounded(low: number, high: number, logarithmic: boolean): number[] {
  if (logarithmic && high - low < 2) return rounded(10 ** low, 10 ** high, false)
  if (logarithmic) return rounded(low, high, false).filter(Number.isInteger).map((power) => 10 ** power)
  const power = 10 ** Math.floor(Math.log10((high - low) / 2))
  const apart = [1, 2, 5].map((factor) => factor * power).find((step) => (high - low) / step <= 5) ?? 10 * power
  const first = Math.ceil(low / apart)
  return Array.from({ length: Math.floor(high / apart) - first + 1 }, (_, i) => (first + i) * apart)
}

/** An axis of values side by side. */
export function choiceAxis(name: string, values: readonly ParameterValue[]): Axis<ParameterValue> {
  const place = (value: ParameterValue): number => (values.indexOf(value) + 0.5) / values.length
  return { name, place, ticks: values.map((value) => ({ label: String(value), place: place(value) })) }
}

export function x(place: number): string {
  return (LEFT + place * WIDTH).toFixed(1)
}

export function y(place: number): string {
  return (TOP + (1 - place) * HEIGHT).toFixed(1)
}

/** A figure of SVG marks between two axes. Colours are the page's. */
export function drawing(title: string, note: string, across: Axis<never>, up: Axis<never>, marks: readonly string[]): string {
  const lines = up.ticks.map(
    ({ label, place }) =>
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(place)}" y2="${y(place)}" stroke="var(--line)"/>` +
      `<text x="${LEFT - 6}" y="${y(place)}" text-anchor="end" dominant-baseline="middle">${escapeHtml(label)}</text>`,
  )
  const below = TOP + HEIGHT
  const labels = across.ticks.map(
    ({ label, place }) => `<text x="${x(place)}" y="${below + 16}" text-anchor="middle">${escapeHtml(label)}</text>`,
  )
  const name = `<text x="${x(0.5)}" y="${below + 34}" text-anchor="middle">${escapeHtml(across.name)}</text>`
  return (
    `<figure><figcaption><b>${escapeHtml(title)}</b> ${escapeHtml(note)}</figcaption>` +
    `<svg viewBox="0 0 ${LEFT + WIDTH + 24} ${below + 40}" width="100%" role="img" aria-label="${escapeHtml(title)}" ` +
    `style="max-width:34rem" font-size="11" fill="var(--faint)">` +
    `${lines.join('')}${labels.join('')}${name}${marks.join('')}</svg></figure>`
  )
}
