import { encode } from 'fast-png'
import { AudioError } from './errors.js'
import type { Features } from './features/matrix.js'

export interface PictureOptions {
  /** Values that become the darkest and the brightest colour. Default: the smallest and the largest. */
  range?: readonly [low: number, high: number]
}

/**
 * Features as a picture: time from left to right, the first bin at the bottom, one pixel a value.
 *
 * @param features shape (T, F)
 * @returns a PNG file of T x F pixels
 * @throws AudioError when there is no frame
 */
export function spectrogramPng(features: Features, options: PictureOptions = {}): Uint8Array {
  const { frames, bins, data } = features
  if (frames === 0) throw new AudioError('a picture needs at least one frame; the audio is shorter than one')
  const [low, high] = options.range ?? rangeOf(data)
  const colours = colourMap()
  const pixels = new Uint8Array(3 * frames * bins)
  for (let t = 0; t < frames; t++) {
    for (let b = 0; b < bins; b++) {
      const share = high > low ? (data[t * bins + b]! - low) / (high - low) : 0
      const colour = 3 * Math.round(255 * Math.min(1, Math.max(0, share)))
      pixels.set(colours.subarray(colour, colour + 3), 3 * ((bins - 1 - b) * frames + t))
    }
  }
  return encode({ width: frames, height: bins, data: pixels, channels: 3, depth: 8 })
}

export interface FigureOptions extends PictureOptions {
  /** Seconds from one frame to the next; `frameSeconds` of a feature config. */
  frameSeconds: number
  /** Width and height of the picture itself in pixels. Default 800 by 200. */
  size?: readonly [width: number, height: number]
  /** Words or other spans to write above the picture, in seconds. */
  marks?: readonly { text: string; start: number; end: number }[]
  /** What the vertical axis counts. Default "bin". */
  label?: string
}

const MARGIN = { left: 48, right: 12, top: 24, bottom: 32 }

/**
 * {@link spectrogramPng} with axes and marks, for reports: an SVG element that stands alone, the picture inside it.
 *
 * @param features shape (T, F)
 */
export function spectrogramSvg(features: Features, options: FigureOptions): string {
  const { frameSeconds, size: [width, height] = [800, 200], marks = [], label = 'bin' } = options
  const seconds = features.frames * frameSeconds
  const png = Buffer.from(spectrogramPng(features, options)).toString('base64')
  const x = (time: number) => round(MARGIN.left + width * Math.min(1, Math.max(0, time / seconds)))
  const bottom = MARGIN.top + height
  const ticks = ticksTo(seconds).map((time) =>
    `<line x1="${x(time)}" y1="${bottom}" x2="${x(time)}" y2="${bottom + 4}" stroke="currentColor"/>`
    + `<text x="${x(time)}" y="${bottom + 16}" text-anchor="middle">${time} s</text>`)
  const spans = marks.map(({ text, start, end }) =>
    `<line x1="${x(start)}" y1="${MARGIN.top}" x2="${x(start)}" y2="${bottom}" stroke="white" stroke-opacity="0.6"/>`
    + `<text x="${round((x(start) + x(end)) / 2)}" y="${MARGIN.top - 6}" text-anchor="middle">${escapeXml(text)}</text>`)
  const [outerWidth, outerHeight] = [MARGIN.left + width + MARGIN.right, MARGIN.top + height + MARGIN.bottom]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${outerWidth} ${outerHeight}" width="${outerWidth}" height="${outerHeight}" `
    + 'font-family="sans-serif" font-size="11" fill="currentColor" role="img">'
    + `<image x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}" preserveAspectRatio="none" href="data:image/png;base64,${png}"/>`
    + `<text x="${MARGIN.left - 6}" y="${bottom}" text-anchor="end">${label} 1</text>`
    + `<text x="${MARGIN.left - 6}" y="${MARGIN.top + 10}" text-anchor="end">${features.bins}</text>`
    + [...ticks, ...spans].join('') + '</svg>'
}

/** At most ten round times. */
function ticksTo(seconds: number): number[] {
  const rough = seconds / 8
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough)!
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)))
}

/** 256 colours from black over blue, green and orange to white, lightness rising evenly: Green's cubehelix (2011). */
function colourMap(): Uint8Array {
  const [start, rotations, hue] = [0.5, -1.2, 1.1]
  const colours = new Uint8Array(3 * 256)
  for (let i = 0; i < 256; i++) {
    const light = i / 255
    const angle = 2 * Math.PI * (start / 3 + 1 + rotations * light)
    const amplitude = hue * light * (1 - light) / 2
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const channels = [-0.14861 * cos + 1.78277 * sin, -0.29227 * cos - 0.90649 * sin, 1.97294 * cos]
    for (const [c, weight] of channels.entries()) colours[3 * i + c] = Math.round(255 * Math.min(1, Math.max(0, light + amplitude * weight)))
  }
  return colours
}

function rangeOf(data: Float32Array): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of data) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
