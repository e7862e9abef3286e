import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSafetensors } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import type { Examples } from '../data/examples.js'
import { AlignmentTable } from './alignment-table.js'
import { BatchVocabulary } from './batch-vocabulary.js'
import { readShortlist, SHORTLIST_FILE } from './shortlist-file.js'
import { Shortlist } from './shortlist.js'
import { writeShortlist } from './write-shortlist.js'

type Pairs = readonly (readonly [source: readonly number[], target: readonly number[]])[]

function examplesOf(pairs: Pairs): Examples {
  const join = (side: 0 | 1) => {
    const starts = Int32Array.of(0, ...pairs.map((_, i) => pairs.slice(0, i + 1).reduce((sum, pair) => sum + pair[side].length, 0)))
    return { tokens: Int32Array.from(pairs.flatMap((pair) => [...pair[side]])), starts }
  }
  return { count: pairs.length, sources: join(0), targets: join(1) }
}

/** Expectation–maximisation as Dyer et al. 2013 write it down, with maps: p(t | s), nothing being source token −1. */
function slowly(pairs: Pairs, iterations: number, nullProbability: number, tension: number): Map<string, number> {
  const sources = new Set(pairs.flatMap(([source]) => [-1, ...source]))
  const seen = new Map([...sources].map((s) => [s, new Set(pairs.filter(([source]) => s === -1 || source.includes(s)).flatMap(([, target]) => [...target]))]))
  let table = new Map<string, number>()
  for (const [s, targets] of seen) for (const t of targets) table.set(`${s} ${t}`, 0.25)
  for (let round = 0; round < iterations; round++) {
    const counts = new Map<string, number>()
    const totals = new Map<number, number>()
    for (const [source, target] of pairs) {
      target.forEach((t, i) => {
        const diagonal = source.map((_, j) => Math.exp(-tension * Math.abs((i + 1) / target.length - (j + 1) / source.length)))
        const z = diagonal.reduce((a, b) => a + b, 0)
        const joint = [-1, ...source].map((s, j) => {
          const prior = j === 0 ? nullProbability : ((1 - nullProbability) * (diagonal[j - 1] as number)) / z
          return prior * (table.get(`${s} ${t}`) as number)
        })
        const all = joint.reduce((a, b) => a + b, 0)
        ;[-1, ...source].forEach((s, j) => {
          counts.set(`${s} ${t}`, (counts.get(`${s} ${t}`) ?? 0) + (joint[j] as number) / all)
          totals.set(s, (totals.get(s) ?? 0) + (joint[j] as number) / all)
        })
      })
    }
    table = new Map([...table].map(([key, p]) => {
      const total = totals.get(Number(key.split(' ')[0])) as number
      return [key, total === 0 ? p : (counts.get(key) ?? 0) / total]
    }))
  }
  return table
}

describe('AlignmentTable', () => {
  // das 4, Haus 5, Buch 6, ein 7; the 10, house 11, book 12, a 13
  const toy: Pairs = [[[4, 5], [10, 11]], [[4, 6], [10, 12]], [[7, 6], [13, 12]]]

  it("learns the textbook's example as the textbook does (Koehn 2009, Statistical Machine Translation, table 4.1)", () => {
    for (const [i, [theDas, houseHaus]] of [[1, [0.5, 0.5]], [2, [0.6364, 0.5714]], [3, [0.7479, 0.6534]]] as const) {
      const table = AlignmentTable.learn(examplesOf(toy), 16, { iterations: i, nullProbability: 0, tension: 0 })
      expect(table.probability(4, 10)).toBeCloseTo(theDas, 4)
      expect(table.probability(5, 11)).toBeCloseTo(houseHaus, 4)
      expect(table.probability(6, 12)).toBeCloseTo(theDas, 4)
      expect(table.probability(7, 13)).toBeCloseTo(houseHaus, 4)
      expect(table.probability(5, 13)).toBe(0)
    }
  })

  it('learns what expectation and maximisation written out learn', () => {
    let state = 1
    const next = (below: number): number => ((state = (state * 48271) % 2147483647) >>> 8) % below
    const pairs: Pairs = Array.from({ length: 30 }, () => {
      const tokens = (low: number) => Array.from({ length: 1 + next(7) }, () => low + next(40))
      return [tokens(0), tokens(20)]
    })
    for (const [nullProbability, tension] of [[0.08, 4], [0.2, 0]] as const) {
      const table = AlignmentTable.learn(examplesOf(pairs), 70, { iterations: 4, nullProbability, tension })
      for (const [key, p] of slowly(pairs, 4, nullProbability, tension)) {
        const [s, t] = key.split(' ').map(Number) as [number, number]
        if (s >= 0) expect(Math.abs(table.probability(s, t) - p)).toBeLessThan(1e-5)
      }
    }
  })

  it('names the best translations', () => {
    const table = AlignmentTable.learn(examplesOf(toy), 16, { nullProbability: 0, tension: 0 })
    expect([...table.best(4, 1, 0)]).toEqual([10])
    expect([...table.best(4, 5, 0)]).toEqual([10, 11, 12])
    expect([...table.best(4, 5, 0.5)]).toEqual([10])
    expect([...table.best(9, 5, 0)]).toEqual([])
  })
})

describe('Shortlist', () => {
  const vocabSize = 2000
  const pairs: Pairs = Array.from({ length: 400 }, (_, i) => [[i, i + 1, i + 2], [1000 + i, 1001 + i, 1002 + i, 1500]])
  const examples = examplesOf(pairs)
  const shortlist = Shortlist.learn(AlignmentTable.learn(examples, vocabSize), examples, [2])

  it('has what tokens are translated with, the tokens themselves, what is frequent, and what it must have', () => {
    const chosen = shortlist.choose([300, 301, 302, 2], 8)
    expect(chosen.length).toBe(shortlist.size(8))
    expect([...chosen]).toEqual([...new Set(chosen)].sort((a, b) => a - b))
    for (const token of [1300, 1301, 1302, 300, 301, 302, 1500, 2]) expect(chosen).toContain(token)
  })

  it('has a size that depends on the padded length alone, and never more than there is', () => {
    for (const length of [8, 16, 64, 512]) {
      const sizes = [[2], [5, 6, 2], Array.from({ length }, (_, i) => i)].map((source) => shortlist.choose(source, length).length)
      expect(new Set(sizes)).toEqual(new Set([shortlist.size(length)]))
    }
    expect(shortlist.size(512)).toBe(vocabSize)
    expect(shortlist.size(8) % 64).toBe(0)
  })

  it('is read as it was written, and refused for another vocabulary', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shortlist-'))
    writeShortlist(folder, shortlist)
    expect(readShortlist(folder, vocabSize)).toEqual(shortlist)
    expect(() => readShortlist(folder, 100)).toThrow('is a shortlist for another vocabulary, of 2000 tokens; the model\'s has 100.')
    writeFileSync(join(folder, SHORTLIST_FILE), encodeSafetensors(new Map([['x', { dtype: 'I32', shape: [1], data: Int32Array.of(1) }]])))
    expect(() => readShortlist(folder, 100)).toThrow("is not a shortlist: 'counts' is missing.")
    rmSync(folder, { recursive: true })
    expect(() => readShortlist(folder, 100)).toThrow('there is no such file')
  })
})

describe('BatchVocabulary', () => {
  const lists = [Int32Array.of(2, 5, 9), Int32Array.of(2, 3, 9)]
  const vocabulary = new BatchVocabulary(lists, 12, 6)

  it('puts lists together and says where each sentence finds its own', () => {
    expect([...vocabulary.tokens]).toEqual([2, 3, 5, 9, ...new Array<number>(12).fill(9)])
    const { data, shape } = vocabulary.columns(Int32Array.of(1, 0, 0))
    expect(shape).toEqual([3, 3])
    expect([...(data as Int32Array)]).toEqual([0, 1, 3, 0, 2, 3, 0, 2, 3])
    expect([...vocabulary.find(Int32Array.of(0, 1), Int32Array.of(5, 3, 5, 9))]).toEqual([1, -1, -1, 2])
  })

  it('names tokens, and impossible ones where more are wanted than there are', () => {
    const found = { ids: Int32Array.of(2, 0, 1, 1, 0, 2), logProbs: Float32Array.of(-1, -2, -3, -1, -2, -4) }
    expect([...vocabulary.expand(Int32Array.of(0, 1), found, 3).ids]).toEqual([9, 2, 5, 3, 2, 9])
    const { ids, logProbs } = vocabulary.expand(Int32Array.of(0, 1), found, 5)
    expect([...ids]).toEqual([9, 2, 5, 0, 1, 3, 2, 9, 0, 1])
    expect([...logProbs]).toEqual([-1, -2, -3, -Infinity, -Infinity, -1, -2, -4, -Infinity, -Infinity])
  })
})
