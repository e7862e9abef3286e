import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bleuTokenize } from './bleu-tokenize.js'
import { bleu, bleuCounts, type BleuOptions, MetricError, scoreBleu, sumBleuCounts } from './index.js'
import { VERSION } from './version.js'

const corpora = process.env.PARLANCE_CORPORA

describe('bleu', () => {
  it('clips counts and penalizes brevity as Papineni et al. (2002) do', () => {
    // Their example 2: modified unigram precision 2/7.
    const references = ['The cat is on the mat', 'There is a cat on the mat']
    const counts = bleuCounts('the the the the the the the', references, { lowercase: true })
    expect(counts).toEqual({ correct: [2, 0, 0, 0], total: [7, 6, 5, 4], hypothesisLength: 7, referenceLength: 7 })
    const short = bleu(['the cat'], ['the cat is on'], { maxOrder: 1 })
    expect(short.brevityPenalty).toBeCloseTo(Math.exp(1 - 4 / 2), 12)
    expect(short.score).toBeCloseTo(100 * Math.exp(-1), 10)
  })

  it('takes the shorter of two equally close references', () => {
    expect(bleuCounts('a b c', ['a b c d', 'a b']).referenceLength).toBe(2)
  })

  it('is the same from summed counts', () => {
    const hypotheses = ['the dog bit the man .', 'no one was surprised']
    const references = ['the dog had bit the man .', 'nobody was surprised']
    const whole = bleu(hypotheses, references)
    const sum = sumBleuCounts(hypotheses.map((hypothesis, i) => bleuCounts(hypothesis, [references[i]!])))
    expect(scoreBleu(sum).score).toBe(whole.score)
    expect(whole.score).toBeGreaterThan(0)
  })

  it('smooths orders without matches', () => {
    // One token: p1 = 1 of 1, no other order exists.
    expect(bleu(['a'], ['a']).score).toBe(0)
    expect(bleu(['a'], ['a'], { effectiveOrder: true }).score).toBeCloseTo(100, 10)
    // Two tokens of which one matches: orders 1/2 and, smoothed, 1/2 of 1.
    expect(bleu(['a b'], ['a c'], { effectiveOrder: true }).precisions).toEqual([50, 50, 0, 0])
    expect(bleu(['a b'], ['a c'], { smooth: 'floor', maxOrder: 2 }).precisions).toEqual([50, 10])
    expect(bleu(['a b'], ['a c'], { smooth: 'add-k', maxOrder: 2 }).precisions).toEqual([50, 50])
    expect(bleu(['a b'], ['a c'], { smooth: 'none', maxOrder: 2 }).score).toBe(0)
  })

  it('signs what was measured', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
    expect(VERSION).toBe(version)
    expect(bleu(['a'], ['a']).signature).toBe(
      `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:parlance-${version}`,
    )
    const options: BleuOptions = { lowercase: true, effectiveOrder: true, tokenize: 'none', smooth: 'floor', maxOrder: 2 }
    expect(bleu(['a', 'a'], [['a'], ['a', 'b']], options).signature).toBe(
      `nrefs:var|case:lc|eff:yes|tok:none|smooth:floor[0.10]|order:2|version:parlance-${version}`,
    )
  })

  it('compares the tokens of a tokenizer that is given', () => {
    const tokenize = { name: 'flores200', tokenize: (text: string) => text.match(/.{1,2}/gu) ?? [] }
    const found = bleu(['abcdefxy'], ['abcdefgh'], { tokenize, maxOrder: 2 })
    expect(found.precisions.map((precision) => precision.toFixed(2))).toEqual(['75.00', '66.67'])
    expect(found.signature).toContain('tok:flores200')
  })

  it('rejects corpora of different lengths and sentences without references', () => {
    expect(() => bleu(['a'], ['a', 'b'])).toThrow(
      'hypotheses and references must be as many: got 1 and 2 sentences',
    )
    expect(() => bleu([], [])).toThrow('there are no sentences to compare')
    expect(() => bleu(['a'], [[]])).toThrow('sentence 1 has no reference')
    expect(() => bleuCounts('a', [])).toThrow('bleuCounts needs at least one reference')
    expect(() => bleu(['a'], ['a'], { maxOrder: 0 })).toThrow(MetricError)
  })
})

describe('bleuTokenize', () => {
  it('splits punctuation as mteval-v13a does', () => {
    expect(bleuTokenize('He paid $1,000.50, "twice" -- in 1999-2000.', '13a').join(' ')).toBe(
      'He paid $ 1,000.50 , " twice " -- in 1999 - 2000 .',
    )
    expect(bleuTokenize('a &lt;b&gt; &quot;c&quot; <skipped> x-\ny\nz', '13a').join(' ')).toBe('a < b > " c " xy z')
    // Values of sacreBLEU 2.6.0.
    expect(bleuTokenize('我愛NLP。“好”1.5元', 'zh').join(' ')).toBe('我 愛 NLP 。 “ 好 ” 1.5 元')
    expect(bleuTokenize('𠀀字ａ1,000', 'zh').join(' ')).toBe('𠀀 字 ａ 1,000')
    expect(bleuTokenize("It wasn't, was it?", 'intl').join(' ')).toBe("It wasn ' t , was it ?")
  })
})

interface Case {
  id: number
  metric: string
  level: string
  options: {
    tokenize?: BleuOptions['tokenize']
    smooth_method?: BleuOptions['smooth']
    smooth_value?: number | null
    effective_order?: boolean
    lowercase?: boolean
    max_ngram_order?: number
  }
  hypotheses: string[]
  reference_streams: string[][]
  correct: number[]
  total: number[]
  sys_len: number
  ref_len: number
  expected: number
  tolerance: number
}

describe.skipIf(!corpora)('reference values (the corpora are not at hand)', () => {
  it('equals every case', () => {
    const all: Case[] = JSON.parse(readFileSync(join(corpora!, 'ref-mt-metrics', 'cases.json'), 'utf8'))
    const cases = all.filter(({ metric }) => metric === 'bleu')
    expect(cases.length).toBe(30)
    for (const each of cases) {
      const { options } = each
      const bleuOptions: BleuOptions = {
        ...(options.tokenize && { tokenize: options.tokenize }),
        ...(options.smooth_method && { smooth: options.smooth_method }),
        ...(typeof options.smooth_value === 'number' && { smoothValue: options.smooth_value }),
        effectiveOrder: options.effective_order ?? false,
        lowercase: options.lowercase ?? false,
        maxOrder: options.max_ngram_order ?? 4,
      }
      const score =
        each.level === 'statistics'
          ? scoreBleu(
              { correct: each.correct, total: each.total, hypothesisLength: each.sys_len, referenceLength: each.ref_len },
              bleuOptions,
            ).score
          : bleu(
              each.hypotheses,
              each.hypotheses.map((_, i) => each.reference_streams.map((stream) => stream[i]!)),
              bleuOptions,
            ).score
      expect(Math.abs(score - each.expected), `case ${each.id}: ${score}`).toBeLessThanOrEqual(each.tolerance)
    }
  })
})
