import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFamiliarity, unfamiliarity, unfamiliarWarning, writeFamiliarity } from './familiarity.js'

const words = (count: number, confidence: number) => Array.from({ length: count }, () => ({ word: 'A', confidence }))
const usual = { surprise: 0.02, deviation: 0, wordsPerSecond: 2, words: 100 }

describe('unfamiliarity', () => {
  it('is nothing where there are as many words, as sure as usual, and in silence', () => {
    expect(unfamiliarity({ words: words(10, Math.exp(-0.02)), speech: 4.8 }, usual)).toBeCloseTo(0, 6)
    expect(unfamiliarity({ words: [], speech: 0 }, usual)).toBe(0)
    expect(unfamiliarity({ words: [], duration: 60 } as never, usual)).toBe(0)
  })

  it('is 1 at 0.25 nats above the usual, and at a quarter of the usual words', () => {
    // One usual word is counted on top: 9 of 10 carry the excess.
    const excess = words(9, Math.exp(-(0.02 + 0.25 * (10 / 9))))
    expect(unfamiliarity({ words: excess, speech: 3 }, usual)).toBeCloseTo(1, 6)
    expect(unfamiliarity({ words: excess, speech: 3 }, { ...usual, deviation: 0.25 * Math.sqrt(10) })).toBeCloseTo(0.5, 6)
    const rare = { words: words(4, 1), speech: (4 * (4 + 1)) / 2 - 0.5 }
    expect(unfamiliarity(rare, { ...usual, surprise: 0 })).toBeCloseTo(1, 6)
  })

  it('grows with evidence', () => {
    const seconds = [0.5, 1, 2, 4, 8].map((speech) => unfamiliarity({ words: [], speech }, usual))
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b))
    expect(seconds[0]).toBeLessThan(1)
    expect(seconds[4]).toBeGreaterThan(1)
    expect(unfamiliarity({ words: words(1, 0.7), speech: 0.5 }, usual)).toBeLessThan(1)
    expect(unfamiliarity({ words: words(8, 0.7), speech: 4 }, usual)).toBeGreaterThan(1)
  })
})

describe('unfamiliarWarning', () => {
  it('says what was found and what is usual', () => {
    expect(unfamiliarWarning({ words: words(10, 0.98), speech: 5 }, usual)).toBeUndefined()
    expect(unfamiliarWarning({ words: words(6, 0.5), speech: 5 }, usual)).toBe(
      'this does not sound like what the model knows: 6 words of confidence 0.50 in 5.0 s of sound that is not background, where about 10 of 0.98 are usual',
    )
    expect(unfamiliarWarning({ words: [], speech: 5 }, usual)).toContain('no words in 5.0 s')
  })
})

describe('writeFamiliarity', () => {
  let file: string
  beforeAll(() => { file = join(mkdtempSync(join(tmpdir(), 'familiarity-')), 'familiarity.json') })
  afterAll(() => rmSync(join(file, '..'), { recursive: true }))

  it('measures transcripts, and is read back', () => {
    expect(readFamiliarity(file)).toBeUndefined()
    expect(writeFamiliarity(file, [{ words: words(5, 0.9), speech: 3 }])).toBeUndefined()
    const written = writeFamiliarity(file, [{ words: words(20, 1), speech: 8 }, { words: words(10, 0.5), speech: 4 }, { words: [] }])
    expect(written).toEqual({
      surprise: expect.closeTo(Math.log(2) / 3, 12) as number, deviation: expect.closeTo((Math.log(2) * Math.SQRT2) / 3, 12) as number,
      wordsPerSecond: 25 / 12, words: 30,
    })
    expect(readFamiliarity(file)).toEqual(written)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(written)
  })

  it('is refused where it is damaged', () => {
    writeFileSync(file, '{"surprise":-1,"deviation":0,"wordsPerSecond":2,"words":30}')
    expect(() => readFamiliarity(file)).toThrow(/familiarity\.json: field "surprise"/)
  })
})
