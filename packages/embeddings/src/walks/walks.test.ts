import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAtHand, prepare } from '@parlance/corpora'
import { nodeClassification } from '@parlance/metrics'
import { Random } from '@parlance/runtime/session'
import { afterAll, describe, expect, it } from 'vitest'
import { hasEdge, nodeGraph, readEdgeList } from './edge-list.js'
import { node2vec } from './node2vec.js'
import { resolveWalks, Walker, walksOf, walkTexts } from './random-walks.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-walks-'))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('readEdgeList', () => {
  it('reads edges either way, and one way with weights', async () => {
    const text = '# links\na b\nb\tc\n\nc a\na b\nd d\n'
    const graph = await readEdgeList(file('plain', text))
    expect(graph.names).toEqual(['a', 'b', 'c', 'd'])
    const neighbours = ({ offsets, targets }: typeof graph, u: number) => [...targets.subarray(offsets[u], offsets[u + 1])]
    expect([0, 1, 2, 3].map((u) => neighbours(graph, u))).toEqual([[1, 2], [0, 2], [0, 1], [3]])
    expect(graph.weights).toBeUndefined()
    expect([hasEdge(graph, 0, 2), hasEdge(graph, 0, 3), hasEdge(graph, 3, 3)]).toEqual([true, false, true])
    const weighted = await readEdgeList(file('weighted', 'a b 2\na c 0.5\na b 1\nc b 4\n'), { directed: true, weighted: true })
    expect([0, 1, 2].map((u) => neighbours(weighted, u))).toEqual([[1, 2], [], [1]])
    expect([...weighted.weights!]).toEqual([3, 0.5, 4])
  })

  it('names the line that is wrong', async () => {
    await expect(readEdgeList(file('one', 'a b\nc\n'))).rejects.toThrow(/one, line 2: expected two nodes, got 1 fields\./)
    await expect(readEdgeList(file('three', 'a b 1\n'))).rejects.toThrow(/three, line 1: expected two nodes, got 3 fields: is the graph weighted\?/)
    await expect(readEdgeList(file('minus', 'a b -1\n'), { weighted: true })).rejects.toThrow(/minus, line 1: a weight must be a positive number, got -1\./)
    await expect(readEdgeList(file('none', '# nothing\n'))).rejects.toThrow(/none: holds no edges\./)
  })
})

describe('walks', () => {
  /** 0 – 1 – 2 – 0, 2 – 3, 2 – 4 with weight 2, 4 – 1 */
  const edges = { from: [0, 1, 2, 2, 2, 4], to: [1, 2, 0, 3, 4, 1], weights: [1, 1, 1, 1, 2, 1] }
  const graph = nodeGraph(['a', 'b', 'c', 'd', 'e'], edges)

  it.each([[1, 1], [0.25, 4], [4, 0.25], [0.5, 0.5], [3, 2]])('goes on as node2vec says: p = %f, q = %f', (p, q) => {
    const walker = new Walker(graph, resolveWalks({ p, q }))
    const random = new Random(7)
    // From b to c: back to b 1/p, a and e are neighbours of b, d is not.
    const shares = new Map([[1, 1 / p], [0, 1], [4, 2], [3, 1 / q]])
    const total = [...shares.values()].reduce((a, b) => a + b)
    const counts = new Map<number, number>()
    const DRAWS = 40_000
    for (let i = 0; i < DRAWS; i++) {
      const next = walker.next(1, 2, random)!
      counts.set(next, (counts.get(next) ?? 0) + 1)
    }
    for (const [node, share] of shares) {
      const expected = share / total
      // Five standard deviations.
      expect(Math.abs(counts.get(node)! / DRAWS - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / DRAWS))
    }
  })

  it('begin at every node, follow edges, end where none leads on, and repeat', async () => {
    const oneWay = nodeGraph(['a', 'b', 'c'], { from: [0, 1], to: [1, 2] }, { directed: true })
    expect([...walksOf(oneWay, { walks: 2, length: 5 })].map((walk) => [...walk].join('')).toSorted()).toEqual(['2', '2', '12', '12', '012', '012'].toSorted())
    const starts = new Map<number, number>()
    for (const walk of walksOf(graph, { walks: 3, length: 7, q: 0.5 })) {
      expect(walk).toHaveLength(7)
      starts.set(walk[0]!, (starts.get(walk[0]!) ?? 0) + 1)
      for (let i = 1; i < walk.length; i++) expect(hasEdge(graph, walk[i - 1]!, walk[i]!)).toBe(true)
    }
    expect([...starts.values()]).toEqual([3, 3, 3, 3, 3])
    const text = async (seed: number) => {
      let all = ''
      for await (const piece of walkTexts(graph, { walks: 2, length: 4, seed })()) all += piece
      return all
    }
    expect(await text(1)).toMatch(/^([a-e]( [a-e]){3}\n){10}$/)
    expect(await text(1)).toBe(await text(1))
    expect(await text(2)).not.toBe(await text(1))
  })

  it('refuses settings out of range', () => {
    expect(() => resolveWalks({ p: 0 })).toThrow('p must be a positive number, got 0.')
    expect(() => resolveWalks({ length: 1.5 })).toThrow('length must be a whole number from 1 on, got 1.5.')
  })
})

/** The sides of rows along the axis of their largest variance, found by power iteration. */
function sides(rows: readonly Float32Array[]): boolean[] {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0)
  const mean = Array.from(rows[0]!, (_, d) => rows.reduce((sum, row) => sum + row[d]! / rows.length, 0))
  const centred = rows.map((row) => Array.from(row, (v, d) => v - mean[d]!))
  let axis = mean.map((_, d) => Math.sin(d + 1))
  for (let round = 0; round < 200; round++) {
    const along = centred.map((row) => dot(row, axis))
    const next = axis.map((_, d) => centred.reduce((sum, row, i) => sum + row[d]! * along[i]!, 0))
    axis = next.map((v) => v / Math.sqrt(dot(next, next)))
  }
  return centred.map((row) => dot(row, axis) > 0)
}

describe.skipIf(!isAtHand('graph-karate'))('node2vec on the karate club (the corpus graph-karate is not at hand)', () => {
  it.each([['negative-sampling', 1, 1], ['negative-sampling', 1, 0.5], ['hierarchical-softmax', 1, 1]] as const)('splits it into its factions: %s, p = %f, q = %f', async (loss, p, q) => {
    const paths = await prepare('graph-karate')
    const graph = await readEdgeList(paths['edges.txt']!)
    const { vectors } = await node2vec(graph, { dimensions: 16, window: 5, walks: 20, length: 40, epochs: 5, threads: 1, loss, p, q })
    const labels = readFileSync(paths['labels.txt']!, 'utf8').trim().split('\n').map((line) => line.split(' ') as [string, string])
    expect(labels).toHaveLength(34)
    const found = sides(labels.map(([name]) => vectors.vector(name)!))
    const wrong = labels.filter(([, faction], i) => (found[i] === found[labels.findIndex(([name]) => name === '34')]) !== (faction === '1')).map(([name]) => name)
    // Members 3 and 9 have friends on both sides; 9 went with Mr. Hi for reasons of his own, and Zachary's model errs there too.
    expect(['3', '9']).toEqual(expect.arrayContaining(wrong))
  })
})

describe.skipIf(!isAtHand('graph-cora'))('node2vec on Cora (the corpus graph-cora is not at hand)', () => {
  it('tells the classes of papers by their citations', async () => {
    const paths = await prepare('graph-cora')
    const graph = await readEdgeList(paths['edges.txt']!)
    const { vectors } = await node2vec(graph, { dimensions: 64, window: 5, walks: 10, length: 20, threads: 1 })
    const labels = readFileSync(paths['labels.txt']!, 'utf8').trim().split('\n').map((line) => line.split(' ') as [string, string])
    const { accuracy } = nodeClassification(labels.map(([name]) => vectors.vector(name)!), labels.map(([, label]) => label), { repeats: 2 })
    // Shorter walks than those of the published figures, to take seconds.
    expect(accuracy.mean).toBeGreaterThan(0.75)
  })
})
