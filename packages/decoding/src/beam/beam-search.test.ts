import { describe, expect, it } from 'vitest'
import { beamSearch } from './beam-search.js'
import type { BeamSearchOptions } from '../options.js'
import { suppressTokens } from '../filters/suppress.js'
import { greedy } from '../greedy.js'
import { averageLength, gnmtLength, noLengthPenalty, type LengthPenalty } from '../ranking/length-penalty.js'
import type { TokenModel } from '../model.js'
import { exhaustive } from '../testing/exhaustive.js'
import { generator, TableModel } from '../testing/table-model.js'

const BOS = 0
const EOS = 1
const prompts = (n: number) => Array.from({ length: n }, () => [BOS])
const penalties: [string, LengthPenalty][] = [
  ['none', noLengthPenalty],
  ['average', averageLength()],
  ['square root', averageLength(0.5)],
  ['GNMT 0.6', gnmtLength(0.6)],
  ['GNMT 2', gnmtLength(2)],
]

describe('beamSearch', () => {
  it.each(penalties)('with a beam that holds everything finds what exhaustive search finds (%s)', async (_, penalty) => {
    const random = generator(11)
    for (let trial = 0; trial < 20; trial++) {
      const model = new TableModel(3 + Math.floor(random() * 2), { sharpness: 1 + 4 * random() })
      const maxLength = 2 + Math.floor(random() * 3)
      const seed = Math.floor(random() * 1000)
      const expected = exhaustive(model, seed, { maxLength, lengthPenalty: penalty })
      const nBest = Math.min(expected.length, 6)
      const [found] = await beamSearch(model, [seed], {
        prompts: prompts(1), eos: EOS, maxLength, nBest, beamSize: model.vocabSize ** maxLength,
        lengthPenalty: penalty, patience: Infinity })
      expect(found!.map(({ tokens, logProb, score }) => ({ tokens: [...tokens], logProb, score })))
        .toEqual(expected.slice(0, nBest))
      expect(found!.every(({ finished }) => finished)).toBe(true)
    }
  })

  it('with infinite patience stops early without losing anything', async () => {
    const beams = { prompts: prompts(1), eos: EOS, beamSize: 64, patience: Infinity, lengthPenalty: noLengthPenalty }
    let fewer = 0
    for (let seed = 0; seed < 20; seed++) {
      const model = new TableModel(4, { sharpness: 6 })
      const [found] = await beamSearch(model, [seed], { ...beams, maxLength: 40 })
      if (model.rowsPerStep.length < 40) fewer++
      const best = exhaustive(model, seed, { maxLength: 7, lengthPenalty: noLengthPenalty })[0]!
      expect(found![0]!.score).toBeGreaterThanOrEqual(best.score)
    }
    expect(fewer).toBeGreaterThan(10)
  })

  it('with beam size 1 is greedy search', async () => {
    const seeds = Array.from({ length: 50 }, (_, i) => i)
    const options = { prompts: prompts(50), eos: EOS, maxLength: 15 }
    const expected = await greedy(new TableModel(7), seeds, options)
    const found = await beamSearch(new TableModel(7), seeds, { ...options, beamSize: 1 })
    expect(found.map(([best]) => ({ ...best!, score: 0 }))).toEqual(expected.map((best) => ({ ...best, score: 0 })))
  })

  it('gives each sentence of a batch what it gives it alone', async () => {
    const seeds = Array.from({ length: 25 }, (_, i) => i * 3)
    const lengthOf = (sentence: number) => 3 + sentence % 9
    const options = { eos: EOS, beamSize: 4, nBest: 4, lengthPenalty: gnmtLength(0.6) }
    const mixed = seeds.map((_, i) => (i % 4 === 0 ? [BOS, 2, 3] : [BOS]))
    const model = new TableModel(8)
    const together = await beamSearch(model, seeds, { ...options, prompts: mixed, maxLength: lengthOf })
    expect(Math.max(...model.rowsPerStep)).toBeGreaterThan(25)
    for (const [i, seed] of seeds.entries()) {
      const alone = { ...options, prompts: [mixed[i]!], maxLength: lengthOf(i) }
      expect([together[i]]).toEqual(await beamSearch(new TableModel(8), [seed], alone))
    }
  })

  it('returns unique hypotheses, best first, whose log-probabilities the model confirms', async () => {
    const model = new TableModel(9, { sharpness: 5 })
    const seeds = Array.from({ length: 20 }, (_, i) => i)
    const options: BeamSearchOptions = { prompts: prompts(20), eos: EOS, maxLength: 10, beamSize: 5, nBest: 5 }
    for (const [seed, nBest] of (await beamSearch(model, seeds, options)).entries()) {
      expect(nBest.length).toBe(5)
      expect(new Set(nBest.map(({ tokens }) => tokens.join(' '))).size).toBe(5)
      nBest.forEach(({ tokens, finished, logProb, tokenLogProbs, score }, n) => {
        const emitted = finished ? [...tokens, EOS] : [...tokens]
        const each = emitted.map((token, t) => model.logProbs(seed, [BOS, ...emitted.slice(0, t)])[token]!)
        expect([...tokenLogProbs]).toEqual(each)
        const total = each.reduce((sum, logProb) => sum + logProb, 0)
        expect(logProb).toBeCloseTo(total, 10)
        expect(score).toBeCloseTo(total / emitted.length, 10)
        const before = nBest[n - 1]
        if (before?.finished === finished) expect(before.score).toBeGreaterThanOrEqual(score)
        else if (before !== undefined) expect(before.finished).toBe(true)
      })
    }
  })

  it('stops at patience × beamSize finished hypotheses', async () => {
    // Always: end with probability 1/2, go on with token 2 or 3 with 1/4 each.
    const row = [Math.log(0.5), Math.log(0.25), Math.log(0.25), -Infinity]
    const model = fixedModel([1, 2, 3, 0], row)
    const options = { prompts: prompts(1), eos: EOS, maxLength: 30, beamSize: 4, lengthPenalty: gnmtLength(2) }
    const steps: number[] = []
    for (const patience of [0.5, 1, 2]) {
      model.steps = 0
      await beamSearch(model, 1, { ...options, patience })
      steps.push(model.steps)
    }
    // Step 1 finishes one hypothesis, step 2 two, and each later step four.
    expect(steps).toEqual([2, 3, 4])
  })

  it('prefers finished hypotheses and fills up with unfinished ones at the maximum length', async () => {
    const row = [Math.log(0.9), Math.log(0.06), Math.log(0.04), -Infinity]
    const options = { prompts: prompts(1), eos: EOS, maxLength: 2, beamSize: 3, nBest: 3 }
    const [found] = await beamSearch(fixedModel([2, 3, 1, 0], row), 1, options)
    expect(found!.map(({ tokens, finished }) => [[...tokens], finished])).toEqual([
      [[], true], [[2, 2], false], [[2, 3], false]])
  })

  it('breaks ties by the better parent, then by the lower token', async () => {
    const row = [Math.log(0.25), Math.log(0.25), Math.log(0.25), Math.log(0.25)]
    const options = { prompts: prompts(1), eos: [], maxLength: 2, beamSize: 3, nBest: 3 }
    const [found] = await beamSearch(fixedModel([0, 1, 2, 3], row), 1, options)
    expect(found!.map(({ tokens }) => [...tokens])).toEqual([[0, 0], [0, 1], [0, 2]])
  })

  it('keeps a full beam when tokens are suppressed, and stops where all are', async () => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 1, beamSize: 3, nBest: 3 }
    const filtered = await beamSearch(new TableModel(6), [5], { ...options, filters: [suppressTokens([1, 2, 4])] })
    expect(filtered[0]!.map(({ tokens }) => tokens[0]).sort()).toEqual([0, 3, 5])
    const nothing = await beamSearch(new TableModel(3), [5], { ...options, filters: [suppressTokens([0, 1, 2])] })
    expect(nothing).toEqual([[
      { tokens: new Int32Array(), tokenLogProbs: new Float32Array(), logProb: 0, score: 0, finished: false }]])
  })

  it.each([
    [{ beamSize: 0 }, 'beamSize must be a positive integer, got 0'],
    [{ beamSize: 1.5 }, 'beamSize must be a positive integer, got 1.5'],
    [{ nBest: 0 }, 'nBest must be a positive integer, got 0'],
    [{ nBest: 3 }, 'nBest (3) must not exceed beamSize (2)'],
    [{ patience: 0 }, 'patience must be above 0, got 0'],
    [{ prompts: [] }, 'the batch is empty'],
    [{ lengthPenalty: () => 0 }, 'the length penalty of length 5 must be above 0, got 0'],
  ])('refuses %j', async (wrong, message) => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 5, beamSize: 2, ...wrong }
    await expect(beamSearch(new TableModel(4), [1], options)).rejects.toThrow(message)
  })
})

/** A model that answers every row with the same candidates. */
function fixedModel(ids: number[], logProbs: number[]) {
  const model = {
    vocabSize: ids.length,
    steps: 0,
    start: () => 0,
    step(_: number, tokens: Int32Array, __: Int32Array, k: number) {
      model.steps++
      return {
        ids: Int32Array.from({ length: tokens.length * k }, (_, i) => ids[i % k]!),
        logProbs: Float32Array.from({ length: tokens.length * k }, (_, i) => logProbs[i % k]!),
        state: 0,
      }
    },
  } satisfies TokenModel<number, number> & { steps: number }
  return model
}
