import { describe, expect, it } from 'vitest'
import { minLength, suppressTokens } from './filters/suppress.js'
import { greedy, greedyStream } from './greedy.js'
import type { Hypothesis } from './hypothesis.js'
import type { TokenModel } from './model.js'
import { TableModel } from './testing/table-model.js'

const BOS = 0
const EOS = 1
const common = { eos: EOS, maxLength: 12 }
const prompts = (n: number) => Array.from({ length: n }, () => [BOS])

describe('greedy', () => {
  it('takes the most probable token of every step', async () => {
    const model = new TableModel(6)
    for (let seed = 0; seed < 20; seed++) {
      const [found] = await greedy(model, [seed], { ...common, prompts: prompts(1) })
      const history = [BOS]
      const tokenLogProbs: number[] = []
      let ended = false
      while (!ended && history.length <= common.maxLength) {
        const row = model.logProbs(seed, history)
        const best = row.indexOf(Math.max(...row))
        tokenLogProbs.push(row[best]!)
        ended = best === EOS
        if (!ended) history.push(best)
      }
      expect(found).toEqual({
        tokens: Int32Array.from(history.slice(1)), tokenLogProbs: Float32Array.from(tokenLogProbs),
        logProb: tokenLogProbs.reduce((sum, logProb) => sum + logProb, 0), finished: ended })
    }
  })

  it('gives each sentence of a batch what it gives it alone, and drops finished rows', async () => {
    const seeds = Array.from({ length: 17 }, (_, i) => i)
    const model = new TableModel(6)
    const together = await greedy(model, seeds, { ...common, prompts: prompts(17) })
    expect(model.rowsPerStep[0]).toBe(17)
    expect(model.rowsPerStep.at(-1)).toBeLessThan(17)
    for (const seed of seeds) {
      expect([together[seed]]).toEqual(await greedy(new TableModel(6), [seed], { ...common, prompts: prompts(1) }))
    }
  })

  it('feeds prompts of different lengths and continues them', async () => {
    const model = new TableModel(6)
    const found = await greedy(model, [3, 4], { ...common, prompts: [[BOS], [BOS, 5, 2]] })
    expect([found[0]]).toEqual(await greedy(model, [3], { ...common, prompts: [[BOS]] }))
    expect([found[1]]).toEqual(await greedy(model, [4], { ...common, prompts: [[BOS, 5, 2]] }))
    const first = model.logProbs(4, [BOS, 5, 2])
    const best = first.indexOf(Math.max(...first))
    expect(best === EOS ? EOS : found[1]!.tokens[0]).toBe(best)
  })

  it('keeps a maximum length per sentence', async () => {
    const found = await greedy(new TableModel(5), [1, 2, 3], { eos: [], maxLength: (s) => s + 1, prompts: prompts(3) })
    expect(found.map(({ tokens, finished }) => [tokens.length, finished])).toEqual([[1, false], [2, false], [3, false]])
  })

  it('never generates suppressed tokens and ends no sooner than the minimum length', async () => {
    const seeds = Array.from({ length: 30 }, (_, i) => i)
    const filters = [suppressTokens([2, 3]), minLength(4, EOS)]
    const found = await greedy(new TableModel(6), seeds, { ...common, prompts: prompts(30), filters })
    for (const { tokens } of found) {
      expect(tokens).not.toContain(2)
      expect(tokens).not.toContain(3)
      expect(tokens.length).toBeGreaterThanOrEqual(4)
    }
    expect(found.some(({ tokens }) => tokens.length === 4)).toBe(true)
  })

  it('stops where every token is forbidden', async () => {
    const filters = [suppressTokens([0, 1, 2])]
    const [found] = await greedy(new TableModel(3), [1], { ...common, prompts: prompts(1), filters })
    expect(found).toEqual({ tokens: new Int32Array(), tokenLogProbs: new Float32Array(), logProb: 0, finished: false })
  })

  it('releases the last state, also after a failure', async () => {
    const model = new TableModel(4)
    await greedy(model, [1], { ...common, prompts: prompts(1) })
    expect(model.released.length).toBe(1)
    const throwing = brokenModel({ logProbs: [NaN] })
    await expect(greedy(throwing, 0, { ...common, prompts: prompts(1) })).rejects.toThrow()
    expect(throwing.releases).toBe(1)
  })

  it.each([
    [{ prompts: [] }, 'the batch is empty'],
    [{ prompts: [[]] }, 'the prompt of sentence 0 is empty'],
    [{ prompts: [[9]] }, 'token 9 in prompt of sentence 0 is outside the vocabulary of 4'],
    [{ eos: 4 }, 'token 4 in eos is outside the vocabulary of 4'],
    [{ maxLength: 0 }, 'maxLength of sentence 0 must be a positive integer, got 0'],
    [{ maxLength: () => 2.5 }, 'maxLength of sentence 0 must be a positive integer, got 2.5'],
  ])('refuses %j', async (wrong, message) => {
    const options = { ...common, prompts: prompts(1), ...wrong }
    await expect(greedy(new TableModel(4), [1], options)).rejects.toThrow(message)
  })

  it('refuses a negative minimum length', () => {
    expect(() => minLength(-1, EOS)).toThrow('minimum length must be an integer ≥ 0, got -1')
  })

  it.each([
    [{ logProbs: [NaN] }, 'returned NaN for row 0, token 2'],
    [{ logProbs: [3.5] }, 'must return log-probabilities (≤ 0), got 3.5'],
    [{ ids: [7] }, 'returned token 7, outside its vocabulary of 4'],
    [{ ids: [1, 2] }, 'must return 1 × 1 ids and logProbs, got 2 and 1'],
  ])('refuses a model that breaks its contract: %j', async (wrong, message) => {
    await expect(greedy(brokenModel(wrong), 0, { ...common, prompts: prompts(1) })).rejects.toThrow(message)
  })

  it.each([
    [{}, 'the model says scoresWanted: its step must return 1 wantedLogProbs, got none'],
    [{ wantedLogProbs: [-1, -2] }, 'must return 1 wantedLogProbs, got 2'],
    [{ wantedLogProbs: [NaN] }, 'returned NaN for a wanted token'],
    [{ wantedLogProbs: [-1], attention: { weights: [0.5, 0.5], lengths: [3] } }, 'attention must have 1 rows'],
    [{ wantedLogProbs: [-1], attention: { weights: [NaN, 0.5], lengths: [2] } }, 'attention must have weights ≥ 0'],
  ])('refuses a model that breaks its contract of what is more than candidates: %j', async (wrong, message) => {
    const options = { ...common, prompts: prompts(1), prefixes: [[3]] }
    await expect(greedy(brokenModel(wrong), 0, options)).rejects.toThrow(message)
  })

  it('refuses a model whose candidates are not sorted', async () => {
    const model = brokenModel({ ids: [2, 3], logProbs: [-2, -1] })
    const options = { ...common, prompts: prompts(1), filters: [suppressTokens([0])] }
    await expect(greedy(model, 0, options)).rejects.toThrow('best first, row 0 is not sorted')
  })
})

describe('greedyStream', () => {
  const streamed = async (model: TableModel, seed: number): Promise<Hypothesis[]> => {
    const parts: Hypothesis[] = []
    for await (const part of greedyStream(model, [seed], { ...common, prompts: [[BOS, 3]] })) parts.push(part)
    return parts
  }

  it('tells every token once it is found, and at last what greedy search finds', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const model = new TableModel(6, { attends: true })
      const parts = await streamed(model, seed)
      const [whole] = await greedy(model, [seed], { ...common, prompts: [[BOS, 3]] })
      expect(parts.at(-1)).toEqual(whole)
      const growing = parts.slice(0, -1)
      growing.forEach((part, i) => {
        expect(part.tokens).toEqual(whole!.tokens.slice(0, i + 1))
        expect(part.finished).toBe(false)
      })
      // Where the limit cuts it off, the last token makes the whole.
      expect(growing.length).toBe(whole!.finished ? whole!.tokens.length : whole!.tokens.length - 1)
    }
  })

  it('releases the state when it is left', async () => {
    const model = new TableModel(6)
    for await (const { tokens } of greedyStream(model, [4], { eos: [], maxLength: 50, prompts: prompts(1) })) {
      if (tokens.length === 3) break
    }
    expect(model.rowsPerStep.length).toBe(3)
    expect(model.released.length).toBe(1)
  })

  it('takes one sentence', async () => {
    const stream = greedyStream(new TableModel(4), [1, 2], { ...common, prompts: prompts(2) })
    await expect(stream.next()).rejects.toThrow('one sentence is streamed at a time, got 2')
  })
})

interface BrokenStep {
  ids?: number[]
  logProbs?: number[]
  wantedLogProbs?: number[]
  attention?: { weights: number[], lengths: number[] }
}

function brokenModel({ ids = [2], logProbs = [-1], wantedLogProbs, attention }: BrokenStep) {
  const model = {
    vocabSize: 4,
    releases: 0,
    start: () => 'state',
    scoresWanted: true,
    step: () => ({
      ids: Int32Array.from(ids), logProbs: Float32Array.from(logProbs), state: 'state',
      ...(wantedLogProbs && { wantedLogProbs: Float32Array.from(wantedLogProbs) }),
      ...(attention && {
        attention: { weights: Float32Array.from(attention.weights), lengths: Int32Array.from(attention.lengths) } }),
    }),
    release: () => { model.releases++ },
  } satisfies TokenModel<number, string> & { releases: number }
  return model
}
