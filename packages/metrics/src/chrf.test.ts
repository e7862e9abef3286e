import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chrf, MetricError } from './index.js'
import { VERSION } from './version.js'

const corpora = process.env.PARLANCE_CORPORA

describe('chrf', () => {
  it('weighs recall four times as much as precision', () => {
    // Unigrams: 2 of 2 in the hypothesis and 2 of 4 in the reference; F2 = 5 · 1 · 0.5 / (4 · 1 + 0.5).
    expect(chrf(['ab'], ['abcd'], { charOrder: 1 }).score).toBeCloseTo((100 * 2.5) / 4.5, 10)
    expect(chrf(['abcd'], ['ab'], { charOrder: 1 }).score).toBeCloseTo((100 * 2.5) / 3, 10)
  })

  it('ignores white space unless it is to count, and case only if told', () => {
    expect(chrf(['a b c'], ['abc']).score).toBeCloseTo(100, 10)
    expect(chrf(['a b c'], ['abc'], { whitespace: true }).score).toBeLessThan(100)
    expect(chrf(['ABC'], ['abc']).score).toBe(0)
    expect(chrf(['ABC'], ['abc'], { lowercase: true }).score).toBeCloseTo(100, 10)
  })

  it('counts words without their punctuation', () => {
    // Words "hi" and "!" against "hi" and "there": one of two found, and recalled.
    expect(chrf(['hi!'], ['hi there'], { charOrder: 0, wordOrder: 1 }).score).toBeCloseTo(50, 10)
    expect(chrf(['(hi'], ['( hi'], { charOrder: 0, wordOrder: 2 }).score).toBeCloseTo(100, 10)
  })

  it('takes the best reference of each sentence', () => {
    expect(chrf(['abcdef', 'uvwxyz'], [['zzz', 'abcdef'], ['uvwxyz', 'aaa']]).score).toBeCloseTo(100, 10)
  })

  it('takes of references that match equally little the one that the original takes', () => {
    // Value of sacreBLEU 2.6.0: the empty hypothesis is measured by the shorter reference.
    const references = [['abcdefgh', 'abc'], ['ab cd', 'ab ce']]
    expect(chrf(['', 'ab cd'], references, { wordOrder: 2, epsSmoothing: true }).score).toBeCloseTo(58.82181677018633, 10)
  })

  it('signs what was measured', () => {
    expect(chrf(['a'], ['a']).signature).toBe(`nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:parlance-${VERSION}`)
    expect(chrf(['a'], ['a'], { beta: 3, wordOrder: 2, epsSmoothing: true }).signature).toContain('eff:no|nc:6|nw:2|space:no|beta:3')
  })

  it('rejects corpora of different lengths and orders of nothing', () => {
    expect(() => chrf(['a'], [])).toThrow('hypotheses and references must be as many: got 1 and 0 sentences')
    expect(() => chrf([], [])).toThrow('there are no sentences to compare')
    expect(() => chrf(['a'], ['a'], { charOrder: 0 })).toThrow('must not both be 0')
    expect(() => chrf(['a'], ['a'], { beta: 0 })).toThrow(MetricError)
  })
})

interface Case {
  id: number
  metric: string
  options: { char_order: number; word_order: number; beta: number; eps_smoothing: boolean; whitespace: boolean }
  hypotheses: string[]
  reference_streams: string[][]
  expected: number
  tolerance: number
}

describe.skipIf(!corpora)('reference values (the corpora are not at hand)', () => {
  it('equals every case', () => {
    const all: Case[] = JSON.parse(readFileSync(join(corpora!, 'ref-mt-metrics', 'cases.json'), 'utf8'))
    const cases = all.filter(({ metric }) => metric === 'chrf')
    expect(cases.length).toBe(17)
    for (const { id, options, hypotheses, reference_streams: streams, expected, tolerance } of cases) {
      const { score } = chrf(
        hypotheses,
        hypotheses.map((_, i) => streams.map((stream) => stream[i]!)),
        {
          charOrder: options.char_order,
          wordOrder: options.word_order,
          beta: options.beta,
          epsSmoothing: options.eps_smoothing,
          whitespace: options.whitespace,
        },
      )
      expect(Math.abs(score - expected), `case ${id}: ${score}`).toBeLessThanOrEqual(tolerance)
    }
  })
})
