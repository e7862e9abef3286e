import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { align, type AlignmentStep, cer, MetricError, normalizedWords, wer } from './index.js'

const corpora = process.env.PARLANCE_CORPORA

describe('wer', () => {
  it('sums edits over the corpus and divides once', () => {
    const result = wer(['the cat sat', 'hello'], ['the cat sat down', 'hallo'])
    expect(result).toMatchObject({ unit: 'words', hits: 3, substitutions: 1, deletions: 0, insertions: 1 })
    expect(result).toMatchObject({ referenceLength: 4, hypothesisLength: 5, sentences: 2, wrongSentences: 2 })
    expect(result.rate).toBeCloseTo(2 / 4, 12)
    expect(result.mer).toBeCloseTo(2 / 5, 12)
    expect(result.wil).toBeCloseTo(1 - (3 / 4) * (3 / 5), 12)
  })

  it('names and applies the normalization', () => {
    const references = ['Don’t stop, "now"!', 'It costs $5']
    const hypotheses = ["don't stop now", 'it  costs 5']
    expect(wer(references, hypotheses)).toMatchObject({ substitutions: 5, normalization: 'none' })
    expect(wer(references, hypotheses, { normalization: 'lowercase' }).substitutions).toBe(4)
    const loose = wer(references, hypotheses, { normalization: 'lowercase-no-punctuation' })
    expect(loose).toMatchObject({ rate: 0, hits: 6, normalization: 'lowercase-no-punctuation' })
    expect(normalizedWords("'Tis the dogs' rock-n-roll.", 'lowercase-no-punctuation')).toEqual(
      ['tis', 'the', 'dogs', 'rock', 'n', 'roll'],
    )
  })

  it('agrees completely on two empty sentences', () => {
    expect(wer([''], [''])).toMatchObject({ rate: 0, mer: 0, wil: 0 })
  })

  it('rejects corpora of different lengths and empty ones', () => {
    expect(() => wer(['a', 'b'], ['a'])).toThrow(
      'references and hypotheses must be as many: got 2 and 1 sentences',
    )
    expect(() => cer([], [])).toThrow(MetricError)
  })
})

describe('cer', () => {
  it('counts code points, spaces included', () => {
    const result = cer(['a 😀b'], ['a b'])
    expect(result).toMatchObject({ unit: 'characters', hits: 3, deletions: 1, referenceLength: 4 })
    expect(result.rate).toBe(0.25)
  })
})

interface Measure {
  mode: string
  test: string
  reference: string | string[]
  hypothesis: string | string[]
  expected: { wer?: number; mer?: number; wil?: number; cer?: number }
}

interface AlignmentCase {
  unit: 'words' | 'characters'
  reference: string | string[]
  hypothesis: string | string[]
  expected_text: string
}

describe.skipIf(!corpora)('reference values (the corpora are not at hand)', () => {
  const path = join(corpora ?? '', 'ref-wer-cer', 'cases.json')
  const cases: { measures: Measure[]; alignments: AlignmentCase[] } = corpora
    ? JSON.parse(readFileSync(path, 'utf8'))
    : { measures: [], alignments: [] }
  const list = (text: string | string[]): string[] => [text].flat()

  it('equals every measure', () => {
    expect(cases.measures.length).toBe(46)
    for (const { mode, test, reference, hypothesis, expected } of cases.measures) {
      const joined = mode === 'words, all sentences joined'
      const sides = [list(reference), list(hypothesis)].map((side) => (joined ? [side.join(' ')] : side))
      const result = (mode === 'cer' ? cer : wer)(sides[0]!, sides[1]!)
      const label = `${test}: ${JSON.stringify(reference)}`
      expect(result.rate, label).toBeCloseTo((expected.cer ?? expected.wer)!, 12)
      if (expected.mer !== undefined) expect(result.mer, label).toBeCloseTo(expected.mer, 12)
      if (expected.wil !== undefined) expect(result.wil, label).toBeCloseTo(expected.wil, 12)
    }
  })

  it('equals every alignment', () => {
    expect(cases.alignments.length).toBe(14)
    for (const { unit, reference, hypothesis, expected_text: text } of cases.alignments) {
      const split = (side: string): string[] => (unit === 'words' ? normalizedWords(side) : [...side.trim()])
      const steps = list(reference).flatMap((side, i) => {
        const [ref, hyp] = [split(side), split(list(hypothesis)[i]!)]
        return align(ref, hyp).map((step) => ({ step, ref, hyp }))
      })
      // The printed lines, cell by cell: what stands above and below each S, D and I.
      const edits = steps.filter(({ step }) => step.type !== 'hit')
      expect(edits.map(({ step }) => step.type[0]!.toUpperCase())).toEqual(printedMarks(text))
      expect(edits.map(({ step, ref, hyp }) => cells(step, ref, hyp))).toEqual(printedCells(text, unit))
    }
  })
})

/** What an edit shows of both sides; a missing item is `*`. */
function cells(step: AlignmentStep, ref: string[], hyp: string[]): string {
  const above = 'reference' in step ? ref[step.reference]! : '*'
  const below = 'hypothesis' in step ? hyp[step.hypothesis]! : '*'
  return `${above}/${below}`
}

function printedBlocks(text: string): string[][] {
  const lines = text.split('=== SUMMARY')[0]!.split('\n')
  return lines.flatMap((line, i) => (line.startsWith('REF: ') ? [[line, lines[i + 1]!, lines[i + 2] ?? '']] : []))
}

function printedMarks(text: string): string[] {
  return printedBlocks(text).flatMap((block) => block[2]!.match(/[SDI]/g) ?? [])
}

function printedCells(text: string, unit: string): string[] {
  return printedBlocks(text).flatMap(([ref, hyp, marks]) => {
    const cut = (line: string): string[] =>
      unit === 'words' ? line.slice(5).trim().split(/ +/) : Array.from(line.slice(5))
    const [above, below] = [cut(ref!), cut(hyp!)]
    const pairs = above.map((cell, i) => `${cell.replace(/^\*+$/, '*')}/${below[i]!.replace(/^\*+$/, '*')}`)
    if (unit === 'characters') return pairs.filter((_, i) => /[SDI]/.test(marks![i + 5] ?? ' '))
    return pairs.filter((pair) => pair.split('/')[0] !== pair.split('/')[1])
  })
}
