import { describe, expect, it } from 'vitest'
import { attentionMapSvg } from './attention-map.js'

describe('attentionMapSvg', () => {
  it('draws a cell for each target token and source position, as dark as its weight, labels escaped', () => {
    const svg = attentionMapSvg({
      source: ['<a>', ' cat'],
      target: [' Katze'],
      attention: Float32Array.of(0.25, 0.5, 0.25),
    })
    expect([...svg.matchAll(/<rect x="(\d+)" y="(\d+)".*? fill-opacity="([\d.]+)"/g)].map(([, , , opacity]) => opacity)).toEqual(['0.250', '0.500', '0.250'])
    const columns = [...svg.matchAll(/<rect x="(\d+)"/g)].map(([, x]) => Number(x))
    expect([columns[1]! - columns[0]!, columns[2]! - columns[1]!]).toEqual([18, 18])
    expect(svg).toContain('&lt;a&gt;</text>')
    expect(svg).toContain('<title>Katze ← cat: 0.50</title>')
    expect(svg).not.toContain('<a>')
  })
})
