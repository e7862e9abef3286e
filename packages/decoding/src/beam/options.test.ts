import { describe, expect, it } from 'vitest'
import { noRepeatNgrams, repetitionPenalty } from '../filters/repetition.js'
import { minLength, suppressTokens } from '../filters/suppress.js'
import { greedy } from '../greedy.js'
import type { RankedHypothesis } from '../hypothesis.js'
import type { BeamSearchOptions } from '../options.js'
import { averageLength, gnmtLength, noLengthPenalty, type LengthPenalty } from '../ranking/length-penalty.js'
import { sample } from '../sampling/sample.js'
import { contains, exhaustive, type ExhaustiveOptions } from '../testing/exhaustive.js'
import { generator, TableModel } from '../testing/table-model.js'
import { beamSearch } from './beam-search.js'

const BOS = 0
const EOS = 1
const prompts = (n: number) => Array.from({ length: n }, () => [BOS])

const penalties: LengthPenalty[] = [noLengthPenalty, averageLength(), averageLength(0.5), gnmtLength(0.6), gnmtLength(2)]

/** What a beam that holds everything finds, and what trying everything finds, under every length penalty. */
async function expectExhaustive(
  options: Partial<BeamSearchOptions>,
  brute: Omit<ExhaustiveOptions, 'maxLength' | 'lengthPenalty'>,
): Promise<void> {
  const random = generator(29)
  const [maxLength, nBest] = [4, 4]
  for (const lengthPenalty of penalties) {
    for (let trial = 0; trial < 6; trial++) {
      const model = new TableModel(5, { attends: true, sharpness: 1 + 4 * random(), scoresWanted: trial % 2 === 0 })
      const seed = Math.floor(random() * 1000)
      const expected = exhaustive(model, seed, { maxLength, lengthPenalty, ...brute }).slice(0, nBest)
      const [found] = await beamSearch(model, [seed], {
        prompts: prompts(1), eos: EOS, maxLength, nBest, beamSize: 4 * 5 ** maxLength, lengthPenalty, patience: Infinity,
        ...options })
      const complete = found!.filter(({ finished }) => finished)
      expect(expected.length).toBeGreaterThan(0)
      expect(complete.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => tokens))
      complete.forEach(({ score, logProb }, n) => {
        // Only the order of sums of a few float64 differs.
        expect(score).toBeCloseTo(expected[n]!.score, 10)
        expect(logProb).toBeCloseTo(expected[n]!.logProb, 10)
      })
    }
  }
}

describe('beam search that holds everything finds what exhaustive search finds', () => {
  it('with a coverage penalty', async () => {
    await expectExhaustive({ coveragePenalty: 0.7 }, { coverage: 0.7 })
  })

  it('without repeated bigrams', async () => {
    const repeats = (tokens: readonly number[]) =>
      tokens.some((_, i) => i > 0 && contains(tokens.slice(i), tokens.slice(i - 1, i + 1)))
    await expectExhaustive({ filters: [noRepeatNgrams(2)] }, { accepts: (tokens) => !repeats(tokens) })
  })

  it('without repeated tokens', async () => {
    await expectExhaustive({ filters: [noRepeatNgrams(1)] }, { accepts: (tokens) => new Set(tokens).size === tokens.length })
  })

  it('with a repetition penalty', async () => {
    await expectExhaustive({ filters: [repetitionPenalty(1.7)] },
      { lower: (token, logProb, tokens) => (tokens.includes(token) ? 1.7 * logProb : logProb) })
  })

  it('with several filters', async () => {
    await expectExhaustive({ filters: [suppressTokens([3]), minLength(2, EOS), repetitionPenalty(1.2)] }, {
      accepts: (tokens) => tokens.length >= 2 && !tokens.includes(3),
      lower: (token, logProb, tokens) => (tokens.includes(token) ? 1.2 * logProb : logProb),
    })
  })

  it('with a forced prefix', async () => {
    await expectExhaustive({ prefixes: [[3, 2]] }, { accepts: ([first, second]) => first === 3 && second === 2 })
  })

  it('with a beginning of several choices', async () => {
    // First 3 or 2; after 3 comes 4, after 2 anything.
    const beginning = {
      length: 2,
      after: ({ tokens }: { tokens: Int32Array }) => [[2, 3], tokens[0] === 3 ? [4] : undefined][tokens.length],
    }
    const accepts = (tokens: readonly number[]) => tokens[0] === 2 || (tokens[0] === 3 && tokens[1] === 4)
    await expectExhaustive({ prefixes: [beginning], filters: [suppressTokens([3])] },
      { accepts: (tokens) => accepts(tokens) && !tokens.slice(tokens[0] === 3 ? 2 : 0).includes(3) })
    await expectExhaustive({ prefixes: [beginning], constraints: [[[4, 2]]] },
      { accepts: (tokens) => accepts(tokens) && contains(tokens, [4, 2]) })
  })

  it.each([
    ['a token', [[4]]],
    ['a phrase', [[4, 2]]],
    ['two phrases', [[2, 3], [4]]],
    ['a phrase that overlaps itself', [[2, 2, 3]]],
    ['phrases that contain each other', [[2, 3], [3]]],
    ['the same phrase twice', [[3], [3]]],
  ])('with %s to contain', async (_, phrases) => {
    await expectExhaustive({ constraints: [phrases] },
      { accepts: (tokens) => phrases.every((phrase) => contains(tokens, phrase)) })
  })
})

const constrained = [[], [[7]], [[4, 4]], [[2, 3], [3, 2]], [[5, 6, 2, 7]], [[2], [3], [4], [5]]]

describe('constraints', () => {
  it.each([1, 2, 5, 12])('are always satisfied, with beam size %d', async (beamSize) => {
    for (const scoresWanted of [false, true]) {
      const seeds = Array.from({ length: 60 }, (_, i) => i)
      const constraints = seeds.map((_, i) => constrained[i % constrained.length]!)
      const filters = [suppressTokens([7]), noRepeatNgrams(2)]
      const found = await beamSearch(new TableModel(9, { sharpness: 8, scoresWanted }), seeds, {
        prompts: prompts(60), eos: EOS, maxLength: (s) => 4 + s % 5, beamSize, nBest: beamSize, constraints, filters })
      found.forEach((nBest, s) => {
        expect(nBest.length).toBeGreaterThan(0)
        for (const { tokens } of nBest) {
          for (const phrase of constraints[s]!) expect(contains([...tokens], phrase)).toBe(true)
        }
      })
    }
  })

  it('bring only the best to the host when the model scores wanted tokens', async () => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 8, beamSize: 3, constraints: [[[7]]] }
    const asked = new TableModel(30, { scoresWanted: true })
    const whole = new TableModel(30)
    expect(await beamSearch(asked, [1], options)).toEqual(await beamSearch(whole, [1], options))
    expect(Math.max(...asked.widths)).toBe(4)
    expect(Math.max(...whole.widths)).toBe(30)
  })
})

describe('diversity', () => {
  const options = { prompts: prompts(1), eos: EOS, maxLength: 6, beamSize: 6, nBest: 6 }

  it('of strength 0 makes every group the beam search of its size', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const diverse = await beamSearch(new TableModel(8), [seed], { ...options, diversity: { groups: 3, strength: 0 } })
      expect(diverse).toEqual(await beamSearch(new TableModel(8), [seed], { ...options, beamSize: 2, nBest: 2 }))
    }
  })

  it('with one token per group is the greedy search of Vijayakumar et al. (2018)', async () => {
    const strength = 0.6
    for (let seed = 0; seed < 20; seed++) {
      const model = new TableModel(8, { sharpness: 2 })
      const expected: number[][] = []
      for (let group = 0; group < 3; group++) {
        const tokens: number[] = []
        while (tokens.length < 5) {
          const row = Array.from(model.logProbs(seed, [BOS, ...tokens]), (logProb, token) =>
            logProb - strength * expected.filter((other) => other[tokens.length] === token).length)
          tokens.push(row.indexOf(Math.max(...row)))
        }
        expected.push(tokens)
      }
      const [found] = await beamSearch(model, [seed], {
        ...options, eos: [], maxLength: 5, beamSize: 3, nBest: 3, diversity: { groups: 3, strength } })
      const byTokens = (lists: Iterable<number>[]) => lists.map((list) => [...list].join(' ')).sort()
      expect(byTokens(found!.map(({ tokens }) => tokens))).toEqual([...new Set(byTokens(expected))])
    }
  })

  it('makes the n best differ more, and keeps the best of the first group', async () => {
    const seeds = Array.from({ length: 30 }, (_, i) => i)
    const distinct = async (strength: number): Promise<number> => {
      const found = await beamSearch(new TableModel(12), seeds, {
        ...options, prompts: prompts(30), eos: [], diversity: { groups: 3, strength } })
      return found.reduce((sum, nBest) => sum + new Set(nBest.map(({ tokens }) => tokens[0])).size, 0)
    }
    expect(await distinct(2)).toBeGreaterThan(1.3 * await distinct(0))
  })
})

describe('alignment', () => {
  it('holds what each token looked at, and at which source position most', async () => {
    const model = new TableModel(9, { attends: true })
    const seeds = [3, 4, 5, 6]
    const options = { prompts: [[BOS], [BOS, 4], [BOS], [BOS]], eos: EOS, maxLength: 8 }
    const all = [
      ...(await beamSearch(model, seeds, { ...options, beamSize: 3 })).map(([best]) => best!),
      ...await greedy(model, seeds, options),
      ...(await sample(model, seeds, { ...options, seed: 1 })).flat(),
    ]
    expect(all.some(({ tokens }) => tokens.length > 1)).toBe(true)
    all.forEach(({ tokens, alignment, attention }, i) => {
      const rows = Array.from(tokens, (_, t) =>
        model.attention(seeds[i % 4]!, [...options.prompts[i % 4]!, ...tokens.slice(0, t)]))
      expect([...attention!]).toEqual(rows.flatMap((weights) => [...weights]))
      expect([...alignment!]).toEqual(rows.map((weights) => weights.indexOf(Math.max(...weights))))
    })
  })

  it('is left out when the model gives no attention, and a coverage penalty refused', async () => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 8, beamSize: 3 }
    const [found] = await beamSearch(new TableModel(9), [1], options)
    expect(found![0]!.alignment).toBeUndefined()
    expect(found![0]!.attention).toBeUndefined()
    await expect(beamSearch(new TableModel(9), [1], { ...options, coveragePenalty: 0.2 }))
      .rejects.toThrow('the coverage penalty needs a model that gives attention')
  })
})

describe('every option at once', () => {
  const everything = (sentences: readonly number[]): BeamSearchOptions => ({
    prompts: sentences.map((s) => (s % 4 === 0 ? [BOS, 2, 3] : [BOS])),
    prefixes: sentences.map((s) => (s % 3 === 0 ? [5] : [])),
    constraints: sentences.map((s) => constrained[s % constrained.length]!),
    eos: EOS, maxLength: (i) => 6 + sentences[i]! % 5, beamSize: 5, nBest: 3, patience: 2,
    lengthPenalty: gnmtLength(0.6), coveragePenalty: 0.2,
    filters: [suppressTokens([6]), minLength(2, EOS), noRepeatNgrams(3), repetitionPenalty(1.2)],
  })
  const model = () => new TableModel(9, { attends: true, scoresWanted: true })
  const seeds = Array.from({ length: 130 }, (_, i) => i)

  /** Searches all sentences in batches of so many. */
  async function inBatches<T>(size: number, search: (sentences: number[]) => Promise<T[]>): Promise<T[]> {
    const results: T[] = []
    for (let start = 0; start < seeds.length; start += size) {
      results.push(...await search(seeds.slice(start, start + size)))
    }
    return results
  }

  it.each([7, 64])('gives sentences in batches of %d what it gives them alone', async (size) => {
    const beam = (sentences: number[]) => beamSearch(model(), sentences, everything(sentences))
    const alone: RankedHypothesis[][] = await inBatches(1, beam)
    expect(await inBatches(size, beam)).toEqual(alone)
    const diverse = (sentences: number[]) => beamSearch(model(), sentences, {
      ...everything(sentences), constraints: sentences.map(() => []), beamSize: 6, diversity: { groups: 3, strength: 0.4 } })
    expect(await inBatches(size, diverse)).toEqual(await inBatches(1, diverse))
    const drawn = (sentences: number[]) => sample(model(), sentences, {
      ...everything(sentences), seed: 3, sentenceIds: sentences, topK: 6, topP: 0.9, typicalP: 0.9, temperature: 1.2 })
    expect(await inBatches(size, drawn)).toEqual(await inBatches(1, drawn))
    const taken = (sentences: number[]) => greedy(model(), sentences, everything(sentences))
    expect(await inBatches(size, taken)).toEqual(await inBatches(1, taken))
  })

  it('with a beam of 1 is greedy search', async () => {
    const options = { ...everything(seeds), constraints: seeds.map(() => []), coveragePenalty: 0, patience: 1 }
    const expected = await greedy(model(), seeds, options)
    const found = await beamSearch(model(), seeds, { ...options, beamSize: 1, nBest: 1 })
    expect(found.map(([best]) => ({ ...best!, score: 0 }))).toEqual(expected.map((best) => ({ ...best, score: 0 })))
  })
})

describe('bad options', () => {
  it.each([
    [{ coveragePenalty: -1 }, 'coveragePenalty must be a finite number ≥ 0, got -1'],
    [{ diversity: { groups: 3, strength: 1 } }, 'beamSize (4) must be a multiple of diversity.groups (3)'],
    [{ diversity: { groups: 0, strength: 1 } }, 'diversity.groups must be a positive integer, got 0'],
    [{ diversity: { groups: 2, strength: NaN } }, 'diversity.strength must be a finite number ≥ 0, got NaN'],
    [{ diversity: { groups: 2, strength: 1 }, constraints: [[[2]]] }, 'diversity and constraints cannot be had together'],
    [{ constraints: [] }, 'constraints must hold 1 lists of phrases, got 0'],
    [{ constraints: [[[]]] }, 'a constraint of sentence 0 is empty'],
    [{ constraints: [[[2, 1]]] }, 'token 1 in constraint of sentence 0 ends sentences'],
    [{ constraints: [[[2, 9]]] }, 'token 9 in constraint of sentence 0 is outside the vocabulary of 6'],
    [{ constraints: [[[2, 3], [4, 5]]], prefixes: [[2, 2]] },
      'prefix and constraints of sentence 0 together has 6 tokens, but maxLength is 5'],
    [{ prefixes: [[2], [3]] }, 'prefixes must hold 1 lists of tokens, got 2'],
    [{ prefixes: [[1]] }, 'token 1 in prefix of sentence 0 ends sentences'],
    [{ prefixes: [{ length: 6, after: () => undefined }] }, 'the prefix of sentence 0 has 6 tokens, but maxLength is 5'],
    [{ prefixes: [[2, 2, 2, 2, 2, 2]] }, 'the prefix of sentence 0 has 6 tokens, but maxLength is 5'],
  ])('%j are refused', async (wrong, message) => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 5, beamSize: 4, ...wrong }
    await expect(beamSearch(new TableModel(6), [1], options)).rejects.toThrow(message)
  })

  it('are refused by filters', () => {
    expect(() => noRepeatNgrams(0)).toThrow('the size of n-grams that may not repeat must be a positive integer, got 0')
    expect(() => repetitionPenalty(0.9)).toThrow('the repetition penalty must be a finite number ≥ 1, got 0.9')
  })
})
