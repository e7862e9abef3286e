import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { spectrogramPng, spectrogramSvg } from './pictures.js'

const features = { frames: 3, bins: 2, data: Float32Array.from([0, 1, 2, 3, 4, 10]) }
const lightness = (pixels: ArrayLike<number>, i: number) => 0.3 * pixels[3 * i]! + 0.59 * pixels[3 * i + 1]! + 0.11 * pixels[3 * i + 2]!

describe('spectrogramPng', () => {
  it('lays time to the right and bins upwards, brighter for larger', () => {
    const { width, height, data } = decode(spectrogramPng(features))
    expect([width, height]).toEqual([3, 2])
    // Rows from the top: the second bin 1, 3, 10; the first 0, 2, 4.
    const order = [3, 0, 4, 1, 5, 2].map((pixel) => lightness(data, pixel))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect([...data.subarray(9, 12)]).toEqual([0, 0, 0])
    expect([...data.subarray(6, 9)]).toEqual([255, 255, 255])
  })

  it('clips to a range and takes features that are all alike', () => {
    const { data } = decode(spectrogramPng(features, { range: [2, 3] }))
    expect([0, 1, 2, 3, 4, 5].map((pixel) => Math.round(lightness(data, pixel)))).toEqual([0, 255, 255, 0, 0, 255])
    expect(new Set(decode(spectrogramPng({ frames: 2, bins: 1, data: new Float32Array(2) })).data)).toEqual(new Set([0]))
  })

  it('refuses no frames', () => {
    expect(() => spectrogramPng({ frames: 0, bins: 2, data: new Float32Array(0) })).toThrow(/needs at least one frame/)
  })
})

describe('spectrogramSvg', () => {
  it('holds the picture, the time axis and the marks', () => {
    const svg = spectrogramSvg({ frames: 100, bins: 1, data: new Float32Array(100) }, {
      frameSeconds: 0.01, size: [500, 100], marks: [{ text: 'a<b', start: 0.2, end: 0.4 }],
    })
    const png = /base64,([^"]+)"/.exec(svg)![1]!
    expect(decode(Buffer.from(png, 'base64')).width).toBe(100)
    expect([...svg.matchAll(/>([\d.]+) s</g)].map((match) => Number(match[1]))).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    // 0.2 s of 1 s across 500 pixels, after a margin of 48.
    expect(svg).toContain('<line x1="148" y1="24"')
    expect(svg).toContain('a&lt;b')
  })
})
