import { describe, expect, it } from 'vitest'
import { suppressTokens } from '../filters/suppress.js'
import { greedy } from '../greedy.js'
import type { TokenFilter } from '../filters/token-filter.js'
import type { Beginning } from '../constraints/beginning.js'
import type { Hypothesis } from '../hypothesis.js'
import type { SampleOptions } from '../options.js'
import { sample } from './sample.js'
import { TableModel } from '../testing/table-model.js'

const BOS = 0
const EOS = 1
const DRAWS = 4000
const prompts = (n: number) => Array.from({ length: n }, () => [BOS])

/** Counts the first tokens of DRAWS samples of one sentence. */
async function firstTokens(model: TableModel, options: Partial<SampleOptions>): Promise<number[]> {
  const seeds = new Array<number>(DRAWS).fill(1)
  const found = await sample(model, seeds, { prompts: prompts(DRAWS), eos: [], maxLength: 1, seed: 5, ...options })
  const counts = new Array<number>(model.vocabSize).fill(0)
  for (const [drawn] of found) counts[drawn!.tokens[0]!]!++
  return counts
}

/** Asserts that counts follow the distribution proportional to `weights` (chi-square at 99.9%). */
function expectDistribution(counts: number[], weights: number[]): void {
  const mass = weights.reduce((sum, weight) => sum + weight, 0)
  let chiSquare = 0
  let freedom = -1
  weights.forEach((weight, token) => {
    const expected = DRAWS * weight / mass
    if (expected === 0) {
      expect(counts[token]).toBe(0)
      return
    }
    chiSquare += (counts[token]! - expected) ** 2 / expected
    freedom++
  })
  const percentiles = [0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32]
  expect(freedom).toBeGreaterThan(0)
  expect(chiSquare).toBeLessThan(percentiles[freedom]!)
}

describe('sample', () => {
  const model = new TableModel(8, { sharpness: 2 })
  const probabilities = Array.from(model.logProbs(1, [BOS]), Math.exp)
  const byRank = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!)

  it('draws from the model\'s distribution', async () => {
    expectDistribution(await firstTokens(model, {}), probabilities)
  })

  it('sharpens and flattens with temperature', async () => {
    for (const temperature of [0.5, 2]) {
      expectDistribution(await firstTokens(model, { temperature }), probabilities.map((p) => p ** (1 / temperature)))
    }
  })

  it('draws among the top k, filters applied first', async () => {
    const kept = new Set(byRank.slice(1, 4))
    const counts = await firstTokens(model, { topK: 3, filters: [suppressTokens([byRank[0]!])] })
    expectDistribution(counts, probabilities.map((p, token) => (kept.has(token) ? p : 0)))
  })

  it('draws among the smallest set whose mass reaches p', async () => {
    const mass = probabilities[byRank[0]!]! + probabilities[byRank[1]!]!
    for (const [topP, size] of [[mass * 0.999, 2], [mass * 1.001, 3]] as const) {
      const kept = new Set(byRank.slice(0, size))
      const counts = await firstTokens(model, { topP })
      expectDistribution(counts, probabilities.map((p, token) => (kept.has(token) ? p : 0)))
    }
  })

  it('draws among the smallest typical set', async () => {
    const entropy = probabilities.reduce((sum, p) => sum - p * Math.log(p), 0)
    const typical = [...byRank].sort((a, b) =>
      Math.abs(-Math.log(probabilities[a]!) - entropy) - Math.abs(-Math.log(probabilities[b]!) - entropy))
    expect(typical).not.toEqual(byRank)
    const mass = probabilities[typical[0]!]! + probabilities[typical[1]!]!
    for (const [typicalP, size] of [[mass * 0.999, 2], [mass * 1.001, 3]] as const) {
      const kept = new Set(typical.slice(0, size))
      const counts = await firstTokens(model, { typicalP })
      expectDistribution(counts, probabilities.map((p, token) => (kept.has(token) ? p : 0)))
    }
  })

  it('draws among the top k of what filters have lowered', async () => {
    const lowered = byRank[0]!
    const filters: TokenFilter[] = [{ maxLowered: () => 1, after: () => (token, p) => (token === lowered ? 4 * p : p) }]
    const weights = probabilities.map((p, token) => (token === lowered ? p ** 4 : p))
    const kept = new Set([...weights.keys()].sort((a, b) => weights[b]! - weights[a]!).slice(0, 4))
    const counts = await firstTokens(model, { topK: 4, filters })
    expect(kept.has(lowered)).toBe(false)
    expectDistribution(counts, weights.map((weight, token) => (kept.has(token) ? weight : 0)))
  })

  it('begins with the prefix, whose probability counts', async () => {
    const options = { prompts: prompts(2), eos: EOS, maxLength: 6, seed: 3, prefixes: [[7, 7, 7], []], topK: 2 }
    const [[found], free] = await sample(model, [9, 9], options) as [Hypothesis[], Hypothesis[]]
    expect([...found!.tokens.subarray(0, 3)]).toEqual([7, 7, 7])
    expect(free).toEqual((await sample(model, [9, 9], { ...options, prefixes: [[], []] }))[1])
    const emitted = found!.finished ? [...found!.tokens, EOS] : [...found!.tokens]
    const total = emitted.reduce((sum, token, t) =>
      sum + model.logProbs(9, [BOS, ...emitted.slice(0, t)])[token]!, 0)
    expect(found!.logProb).toBeCloseTo(total, 10)
  })

  it('with topK 1 is greedy search', async () => {
    const options = { prompts: prompts(3), eos: EOS, maxLength: 9 }
    expect((await sample(model, [1, 2, 3], { ...options, seed: 0, topK: 1, temperature: 5 })).flat())
      .toEqual(await greedy(model, [1, 2, 3], options))
  })

  it('repeats for a seed, differs between seeds, and does not depend on batch mates', async () => {
    const options = { eos: EOS, maxLength: 20 }
    const ids = [40, 41, 42, 43]
    const draw = (seed: number) =>
      sample(model, [1, 1, 2, 3], { ...options, prompts: prompts(4), seed, sentenceIds: ids })
    const together = await draw(7)
    expect(await draw(7)).toEqual(together)
    expect(await draw(8)).not.toEqual(together)
    expect(together[0]).not.toEqual(together[1])
    const alone = { ...options, prompts: prompts(1), seed: 7 }
    for (const [i, seed] of [1, 1, 2, 3].entries()) {
      expect([together[i]]).toEqual(await sample(model, [seed], { ...alone, sentenceIds: [ids[i]!] }))
    }
  })

  it('reports the model\'s own log-probability', async () => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 6, seed: 3, temperature: 3, topK: 4 }
    const [[found]] = await sample(model, [9], options) as [Hypothesis[]]
    const emitted = found!.finished ? [...found!.tokens, EOS] : [...found!.tokens]
    const total = emitted.reduce((sum, token, t) =>
      sum + model.logProbs(9, [BOS, ...emitted.slice(0, t)])[token]!, 0)
    expect(found!.logProb).toBeCloseTo(total, 10)
  })

  it('draws several times, first what one draw gives, each from the distribution, whatever the batch', async () => {
    const options = { eos: EOS, maxLength: 20, seed: 2, topP: 0.95 }
    const [alone] = await sample(model, [1], { ...options, prompts: prompts(1), sentenceIds: [5], draws: 4 })
    expect(alone!.length).toBe(4)
    expect(new Set(alone!.map(({ tokens }) => tokens.join())).size).toBe(4)
    const together = await sample(model, [1, 3, 1], { ...options, prompts: prompts(3), sentenceIds: [5, 6, 7], draws: 4 })
    expect(together[0]).toEqual(alone)
    expect(together[2]).not.toEqual(alone)
    const single = await sample(model, [1, 3, 1], { ...options, prompts: prompts(3), sentenceIds: [5, 6, 7] })
    expect(single).toEqual(together.map((draws) => draws.slice(0, 1)))
    const [many] = await sample(model, [1], { prompts: prompts(1), eos: [], maxLength: 1, seed: 5, draws: DRAWS })
    const counts = probabilities.map((_, token) => many!.filter(({ tokens }) => tokens[0] === token).length)
    expectDistribution(counts, probabilities)
  })

  it('draws among the tokens that a beginning allows', async () => {
    const beginning = { length: 1, after: ({ length }: { length: number }) => (length === 0 ? [5, 2, 7] : undefined) }
    for (const scoresWanted of [false, true]) {
      const counts = await firstTokens(new TableModel(8, { sharpness: 2, scoresWanted }), {
        prefixes: new Array<Beginning>(DRAWS).fill(beginning), filters: [suppressTokens([5])] })
      expectDistribution(counts, probabilities.map((p, token) => ([5, 2, 7].includes(token) ? p : 0)))
    }
  })

  it.each([
    [{ draws: 0 }, 'draws must be a positive integer, got 0'],
    [{ temperature: 0 }, 'temperature must be above 0, got 0: use greedy for 0'],
    [{ topK: 0 }, 'topK must be a positive integer, got 0'],
    [{ topP: 0 }, 'topP must be in (0, 1], got 0'],
    [{ topP: 1.1 }, 'topP must be in (0, 1], got 1.1'],
    [{ typicalP: 2 }, 'typicalP must be in (0, 1], got 2'],
    [{ seed: -1 }, 'seed must be an integer from 0 to 2^53 - 1, got -1'],
    [{ sentenceIds: [1, 2] }, 'sentenceIds must hold 1 ids, got 2'],
  ])('refuses %j', async (wrong, message) => {
    const options = { prompts: prompts(1), eos: EOS, maxLength: 5, seed: 1, ...wrong }
    await expect(sample(model, [1], options)).rejects.toThrow(message)
  })
})
