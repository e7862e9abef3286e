import { Random } from '@parlance/corpora'
import { describe, expect, it } from 'vitest'
import { WordVectors } from '../vectors/word-vectors.js'
import { clusterVectors } from './clusters.js'
import { plotVectors } from './plot.js'
import { projectVectors } from './projection.js'

const [GROUPS, SIZE, WIDTH] = [4, 25, 10]

/** Words around four directions; `w7` is of group 7 % 4. */
function planted(): WordVectors {
  const random = new Random(1)
  const centres = Array.from({ length: GROUPS }, () => Array.from({ length: WIDTH }, () => random.uniform(-1, 1)))
  const values = Float32Array.from({ length: GROUPS * SIZE * WIDTH }, (_, i) => centres[Math.floor(i / WIDTH) % GROUPS]![i % WIDTH]! + 0.2 * random.uniform(-1, 1))
  return new WordVectors(Array.from({ length: GROUPS * SIZE }, (_, i) => `w${i}`), values, WIDTH)
}

const vectors = planted()

/** The share of points whose nearest one in the plane is of their group. */
function neighboursAgree(places: Float64Array): number {
  let agreeing = 0
  for (let i = 0; i < vectors.size; i++) {
    const distances = Array.from({ length: vectors.size }, (_, j) => (i === j ? Infinity : Math.hypot(places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!)))
    if (distances.indexOf(Math.min(...distances)) % GROUPS === i % GROUPS) agreeing++
  }
  return agreeing / vectors.size
}

describe.each(['umap', 'tsne'] as const)('places by %s', (method) => {
  const options = { method, iterations: 200, neighbours: 10 }
  const places = projectVectors(vectors, options)

  it('keep planted groups together, within ±1', () => {
    expect(neighboursAgree(places)).toBeGreaterThan(0.95) // a quarter by chance
    expect(Math.max(...places)).toBeLessThanOrEqual(1)
    expect(Math.min(...places)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...places.map(Math.abs))).toBeCloseTo(1, 6)
  })

  it('are the same for a seed, others for another', () => {
    expect(projectVectors(vectors, options)).toEqual(places)
    expect(projectVectors(vectors, { ...options, seed: 2 })).not.toEqual(places)
  })
})

describe('clusters', () => {
  it('are the planted groups', () => {
    const groups = clusterVectors(vectors, GROUPS)
    for (let i = 0; i < vectors.size; i++) expect(groups[i]).toBe(groups[i % GROUPS])
    expect(new Set(groups).size).toBe(GROUPS)
  })

  it('are no more than vectors', () => {
    expect(new Set(clusterVectors(new WordVectors(['a', 'b'], Float32Array.of(1, 0, 0, 1), 2), 5)).size).toBe(2)
  })
})

/** The data that a page carries. */
function dataOf(page: string): { groups: string[]; points: { word: string; group: number; nearest: [number, number][] }[] } {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as ReturnType<typeof dataOf>
}

describe('a map', () => {
  const page = plotVectors(vectors, { title: 'A & B', clusters: GROUPS })

  it('loads nothing from elsewhere, and says so to the browser', () => {
    const markup = page.replaceAll(/<script>.*?<\/script>/gs, '')
    expect(markup).toContain(`content="default-src 'none'; `)
    expect(markup).not.toMatch(/\b(src|href)=/)
    expect(markup).toContain('<title>A &amp; B</title>')
  })

  it('knows the nearest words of each by the vectors themselves', () => {
    const { points, groups } = dataOf(page)
    expect(points.map(({ word }) => word)).toEqual(vectors.words)
    expect(groups).toHaveLength(GROUPS)
    for (const [i, { nearest }] of points.entries()) {
      expect(nearest).toHaveLength(8)
      for (const [other] of nearest) expect(other % GROUPS).toBe(i % GROUPS)
    }
  })

  it('takes groups and words that are given', () => {
    const { points, groups } = dataOf(plotVectors(vectors, { words: ['w3', 'none', 'w1', 'w2', 'w0'], groups: new Map([['w1', 'odd'], ['w3', 'odd']]) }))
    expect(points.map(({ word }) => word)).toEqual(['w3', 'w1', 'w2', 'w0'])
    expect(groups).toEqual(['odd', 'other'])
    expect(points.map(({ group }) => group)).toEqual([0, 0, 1, 1])
  })

  it('holds words that look like markup as text', () => {
    const odd = ['</script><script>alert(1)</script>', '<b>', '&amp;', '"', "'", 'x']
    const hostile = plotVectors(new WordVectors(odd, Float32Array.from({ length: 18 }, (_, i) => Math.sin(i * i)), 3), { clusters: 2, neighbours: 3 })
    expect(hostile.includes('<script>alert')).toBe(false)
    expect(dataOf(hostile).points.map(({ word }) => word)).toEqual(odd)
  })

  it('needs four vectors', () => {
    expect(() => plotVectors(vectors, { words: ['w1', 'w2', 'w3', 'none'] })).toThrow('A map needs four words with vectors at least, got 3.')
  })
})
