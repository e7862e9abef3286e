import { describe, expect, it } from 'vitest'
import type { Hypothesis, SourceLine, Translation, Translator } from '@parlance/translation'
import { formatLine } from './line-format.js'
import { LineTranslator, type LineSettings } from './line-translator.js'

/** Turns letters to capitals, words in order; throws for "bomb". A token is a character. */
function capitals(calls: string[][] = []): Translator {
  const translation = (text: string): Translation => {
    const translated = text.toUpperCase()
    const words = translated.split(/\s+/u).length
    const hypothesis: Hypothesis = {
      text: translated, score: -text.length, logProb: -2 * text.length, finished: true, tokens: new Int32Array(text.length), pieces: [...translated],
      tokenLogProbs: new Float32Array(text.length + 1).fill(-0.1), attention: new Float32Array(0),
      alignment: Array.from({ length: words }, (_, i) => [i, i] as const),
    }
    return { text: translated, hypotheses: [hypothesis], sourcePieces: [], truncated: false }
  }
  return {
    tokenizer: { encode: (text: string) => new Int32Array(text.length) },
    translate: async (lines: readonly SourceLine[]) => {
      calls.push(lines.map(({ text }) => text))
      if (lines.some(({ text }) => text.includes('bomb'))) throw new Error('Out of memory.')
      return lines.map(({ text }) => translation(text))
    },
  } as unknown as Translator
}

const settings: LineSettings = { options: {}, split: false, mayPart: true, check: false, from: undefined, to: undefined }

async function translate(lines: string[], more: Partial<LineSettings> = {}, calls: string[][] = []) {
  return new LineTranslator(capitals(calls), { ...settings, ...more }).translate(lines.map((text) => ({ text })))
}

const texts = async (lines: string[], more: Partial<LineSettings> = {}) => (await translate(lines, more)).map(({ text }) => text)

describe('LineTranslator', () => {
  it('keeps order, blank lines and lines without words', async () => {
    expect(await texts(['one', '', '  two ', ' \t', '😀😀', '— 。'])).toEqual(['ONE', '', 'TWO', '', '😀😀', '— 。'])
  })

  it('translates each sentence alone and keeps the white space between and around', async () => {
    const calls: string[][] = []
    const [line] = await translate(['  How are you?  Fine.\tBye! 🎉 '], { split: true }, calls)
    expect(line?.text).toBe('  HOW ARE YOU?  FINE.\tBYE! 🎉 ')
    expect(calls).toEqual([['How are you?', 'Fine.', 'Bye!']])
  })

  it('gives one hypothesis for a line in parts: sums, mean score by tokens, alignment over the whole line', async () => {
    const [line] = await translate(['Aa. Bb cc.'], { split: true })
    expect(line?.hypotheses).toEqual([
      { text: 'AA. BB CC.', score: -(3 * 3 + 6 * 6) / 9, logProb: -18, tokens: 9, alignment: [[0, 0], [1, 1], [2, 2]] },
    ])
  })

  it('parts long sentences at clauses, and long lines even without being asked', async () => {
    const clause = 'and so it went on for a while, '
    const sentence = `${clause.repeat(40).trim()}.`
    for (const split of [true, false]) {
      const calls: string[][] = []
      const [line] = await translate([sentence], { split }, calls)
      expect(line?.text).toBe(sentence.toUpperCase())
      for (const part of calls.flat()) {
        expect(part.length).toBeLessThanOrEqual(128)
        expect(part).toMatch(/[,.]$/u)
      }
      expect(line?.troubles).toEqual(split ? [] : [expect.stringMatching(/^it is too long for one sentence; it was translated in \d+ parts$/u)])
    }
    expect((await translate([sentence], { mayPart: false }))[0]?.troubles).toEqual([])
  })

  it('leaves data as it is', async () => {
    const data = 'x'.repeat(100_000)
    const [line, mixed] = await translate([data, `see ${data} there`])
    expect(line).toMatchObject({ text: data, hypotheses: [], troubles: ['it is too long and has no words; it was left as it is'] })
    expect(mixed?.text).toBe(`SEE ${data} THERE`)
  })

  it('shows the translator no control characters', async () => {
    const calls: string[][] = []
    await translate(['a\u0000b\u0007\u2028c\u009f'], {}, calls)
    expect(calls).toEqual([['a b c ']])
  })

  it('loses only the line that the translator cannot do', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => (i === 13 ? 'a bomb' : `line ${i}`))
    const translated = await translate(lines)
    expect(translated.map(({ text }) => text)).toEqual(lines.map((line, i) => (i === 13 ? '' : line.toUpperCase())))
    expect(translated[13]).toMatchObject({ failed: true, troubles: ['it could not be translated: Out of memory.'] })
    expect(translated.filter(({ failed }) => failed)).toHaveLength(1)
  })

  it('translates a line that comes several times once, unless translations are drawn', async () => {
    const calls: string[][] = []
    expect((await translate(['a', 'b', 'a', 'a'], {}, calls)).map(({ text }) => text)).toEqual(['A', 'B', 'A', 'A'])
    await translate(['a', 'a'], { options: { sampling: { seed: 1 } } }, calls)
    expect(calls).toEqual([['a', 'b'], ['a', 'a']])
  })

  it('judges translations when it is told to', async () => {
    const [line] = await translate(['I have 15 cats.'], { check: true, from: 'en', to: 'de' })
    expect(line?.quality).toBeGreaterThan(0)
    expect(line?.warnings.map(({ kind }) => kind)).toContain('source-copied')
    expect((await translate(['I have 15 cats.']))[0]).toMatchObject({ quality: undefined, warnings: [] })
  })
})

describe('formatLine', () => {
  it('writes columns in the order of the help', async () => {
    const [line, blank] = await translate(['a b', ''], { check: true })
    expect(formatLine(0, line!, {})).toBe('A B\n')
    expect(formatLine(0, line!, { alignments: true, quality: true, scores: true })).toMatch(/^A B\t-3\.0000\t0\.\d{4}\t0-0 1-1\n$/u)
    expect(formatLine(1, blank!, { alignments: true, quality: true, scores: true })).toBe('\t\t\t\n')
  })

  it('writes the lists of Moses', async () => {
    const [line, blank] = await translate(['a b', ''])
    expect(formatLine(7, line!, { nBest: 1 })).toBe('7 ||| A B ||| -3.0000\n')
    expect(formatLine(7, line!, { nBest: 1, alignments: true })).toBe('7 ||| A B ||| -3.0000 ||| 0-0 1-1\n')
    expect(formatLine(8, blank!, { nBest: 1 })).toBe('8 |||  ||| 0\n')
  })

  it('writes objects', async () => {
    const [line, blank] = await translate(['a\tb', ''])
    expect(JSON.parse(formatLine(0, line!, { json: true }))).toEqual({
      source: 'a\tb', translation: 'A B', score: -3, warnings: [], hypotheses: [{ text: 'A B', score: -3, logProb: -6, tokens: 3 }],
    })
    expect(JSON.parse(formatLine(0, line!, { json: true, alignments: true }))).toMatchObject({ alignment: [[0, 0], [1, 1]] })
    expect(JSON.parse(formatLine(1, blank!, { json: true, quality: true }))).toEqual({
      source: '', translation: '', score: null, quality: null, warnings: [], hypotheses: [],
    })
  })
})
