import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countEdits, MetricError, ter, type TerOptions } from '../index.js'
import { VERSION } from '../version.js'
import { countTerEdits } from './shifts.js'
import { terTokenize } from './tokenize.js'

const corpora = process.env.PARLANCE_CORPORA

describe('ter', () => {
  it('counts a shift as one edit, as Snover et al. (2006) do', () => {
    // Their example: one shift, two substitutions, one insertion; 13 words in the reference.
    const reference = 'SAUDI ARABIA denied THIS WEEK information published in the AMERICAN new york times'
    const hypothesis = 'THIS WEEK THE SAUDIS denied information published in the new york times'
    const { edits, referenceLength, score } = ter([hypothesis], [reference])
    expect([edits, referenceLength]).toEqual([4, 13])
    expect(score).toBeCloseTo(400 / 13, 10)
  })

  // Values of sacreBLEU 2.6.0.
  it.each([
    ['a b c d e f', ['c d e f a b'], {}, 1, 6],
    ['a b c d e f', ['f e d c b a'], {}, 5, 6],
    ['a a b b a a c', ['c a a a b a b', 'a b'], {}, 3, 4.5],
    ['b c a b c a d e', ['a b c a b c e d'], {}, 2, 8],
    ['x y z', ['a b c d'], {}, 4, 4],
    ['He said : "no"!', ['he said, no.'], {}, 3, 3],
    ['He said : "no"!', ['he said, no.'], { normalized: true }, 4, 5],
    ['He said : "no"!', ['he said, no.'], { noPunctuation: true }, 0, 3],
    ['He said : "no"!', ['he said, no.'], { noPunctuation: true, caseSensitive: true }, 1, 3],
    ['我喜歡貓。', ['我喜歡狗。'], {}, 1, 1],
    ['我喜歡貓。', ['我喜歡狗。'], { normalized: true, asianSupport: true }, 1, 5],
  ])('of %j and %j with %j', (hypothesis, references, options, edits, referenceLength) => {
    const found = ter([hypothesis], [references], options)
    expect([found.edits, found.referenceLength]).toEqual([edits, referenceLength])
  })

  it('lies between the difference in length and the edits without shifts', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })
    fc.assert(
      fc.property(words, fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 }), (hyp, ref) => {
        const edits = countTerEdits(hyp, ref)
        const { substitutions, deletions, insertions } = countEdits(ref, hyp)
        expect(edits).toBeLessThanOrEqual(substitutions + deletions + insertions)
        expect(edits).toBeGreaterThanOrEqual(Math.abs(hyp.length - ref.length))
        expect(edits === 0).toBe(hyp.join(' ') === ref.join(' '))
      }),
    )
  })

  it('sums edits and lengths over the corpus', () => {
    const whole = ter(['a b', 'c', ''], ['a b', 'd', 'e f'])
    expect(whole).toMatchObject({ edits: 3, referenceLength: 5, score: 60 })
    expect(ter([''], ['']).score).toBe(0)
  })

  it('signs what was measured', () => {
    expect(ter(['a'], ['a']).signature).toBe(
      `nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:parlance-${VERSION}`,
    )
    const options: TerOptions = { normalized: true, noPunctuation: true, asianSupport: true, caseSensitive: true }
    expect(ter(['a'], [['a', 'b']], options).signature).toBe(
      `nrefs:2|case:mixed|tok:tercom|norm:yes|punct:no|asian:yes|version:parlance-${VERSION}`,
    )
  })

  it('rejects corpora of different lengths', () => {
    expect(() => ter(['a'], ['a', 'b'])).toThrow('hypotheses and references must be as many: got 1 and 2 sentences')
    expect(() => ter([], [])).toThrow('there are no sentences to compare')
    expect(() => ter(['a'], [[]])).toThrow(MetricError)
  })
})

describe('terTokenize', () => {
  // Values of sacreBLEU 2.6.0.
  it.each([
    ['りの。カナ、1.5km', { normalized: true, asianSupport: true }, 'りの 。 カナ 、 1.5km'],
    ['「本」！x', { noPunctuation: true, asianSupport: true }, '本x'],
    ["Tom's co-op, &quot;A&amp;B&quot; 3.5-4.", { normalized: true, caseSensitive: true },
      'Tom \'s co-op , " A & B " 3.5 - 4 .'],
    ['a\nb\n-c', { normalized: true }, 'a bc'],
  ])('of %j with %j', (text, options, expected) => {
    expect(terTokenize(text, options).join(' ')).toBe(expected)
  })
})

interface Case {
  id: number
  metric: string
  options: { normalized?: boolean; no_punct?: boolean; asian_support?: boolean; case_sensitive?: boolean }
  hypotheses: string[]
  reference_streams: string[][]
  input: string
  expected: number | string
  tolerance: number
}

describe.skipIf(!corpora)('reference values (the corpora are not at hand)', () => {
  const all = (): Case[] => JSON.parse(readFileSync(join(corpora!, 'ref-mt-metrics', 'cases.json'), 'utf8'))
  const optionsOf = ({ options }: Case): TerOptions => ({
    normalized: options.normalized ?? false,
    noPunctuation: options.no_punct ?? false,
    asianSupport: options.asian_support ?? false,
    caseSensitive: options.case_sensitive ?? false,
  })

  it('equals every case', () => {
    const cases = all().filter(({ metric }) => metric === 'ter')
    expect(cases.length).toBe(5)
    for (const each of cases) {
      const references = each.hypotheses.map((_, i) => each.reference_streams.map((stream) => stream[i]!))
      const { score } = ter(each.hypotheses, references, optionsOf(each))
      expect(Math.abs(score - Number(each.expected)), `case ${each.id}: ${score}`).toBeLessThanOrEqual(each.tolerance)
    }
  })

  it('tokenizes every case alike', () => {
    const cases = all().filter(({ metric }) => metric === 'ter-tokenizer')
    expect(cases.length).toBe(7)
    for (const each of cases) {
      expect(terTokenize(each.input, optionsOf(each)).join(' '), `case ${each.id}`).toBe(each.expected)
    }
  })
})
