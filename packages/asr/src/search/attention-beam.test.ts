import { describe, expect, it } from 'vitest'
import { attentionBeam, type AttentionBeamOptions } from './attention-beam.js'
import type { AttentionModel } from './attention-model.js'
import { CtcPrefixes } from './ctc-prefix.js'
import { ctcRescored } from './ctc-rescoring.js'
import { ctcTimes } from './ctc-times.js'
import { Fusion } from './fusion.js'
import { ctcAlignments, ctcScores, gathered, scoresOf, VOCAB_SIZE } from './testing/lattice.js'

const seeds = [1, 2, 3, 4, 5, 6]
const FRAMES = 3
/** As the search bounds texts. */
const LIMIT = FRAMES + 10

/** A decoder whose probabilities depend on the recording and on all tokens before; it knows each hypothesis by its tokens. */
const model: AttentionModel<{ memory: Float32Array; texts: number[][] }> = {
  vocabSize: VOCAB_SIZE,
  end: 0,
  start: (memory) => ({ memory, texts: [[]] }),
  step({ memory, texts }, tokens, parents) {
    const longer = [...parents].map((parent, r) => [...(texts[parent] as number[]), tokens[r] as number])
    const logProbs = Float32Array.from(longer.flatMap((text) => scoresOf(memory, text.slice(1))))
    return { logProbs, state: { memory, texts: longer } }
  },
  release: () => {},
}

const bigrams = {
  initial: () => 0,
  score: (last: unknown, token: number) => -0.3 - Math.abs(Math.sin(5 * (last as number) + token)),
  advance: (_: unknown, token: number) => token,
}
const ending = (last: unknown): number => -0.2 - 0.1 * (last as number)
const fusion = new Fusion(VOCAB_SIZE, 0, { languageModel: bigrams, languageModelWeight: 0.5, languageModelEnd: ending, insertionBonus: 0.1 })

const memoryOf = (seed: number): Float32Array => Float32Array.of(Math.sin(12.9 * seed), Math.cos(7.3 * seed))
const search = (seed: number, options: AttentionBeamOptions, ctc = true) =>
  attentionBeam(model, { frames: FRAMES, memory: memoryOf(seed), ctc: ctc ? ctcScores(seed, FRAMES) : undefined }, options)

/** The joint score of a whole text, from its definition: CTC's part is summed over all alignments. */
function jointScore(seed: number, text: readonly number[], ctcWeight: number, fused: boolean): number {
  const after = (history: readonly number[], token: number): number => Math.fround(scoresOf(memoryOf(seed), history)[token] as number)
  const decoder = text.reduce((sum, token, i) => sum + after(text.slice(0, i), token), after(text, 0))
  const ctc = gathered(ctcAlignments(ctcScores(seed, FRAMES))).find(({ tokens }) => tokens.join() === text.join())?.score ?? -Infinity
  const language = text.reduce((sum, token, i) => sum + 0.5 * bigrams.score(text[i - 1] ?? 0, token) + 0.1, 0.5 * ending(text.at(-1) ?? 0))
  return (ctcWeight === 0 ? decoder : (1 - ctcWeight) * decoder + ctcWeight * ctc) + (fused ? language : 0)
}

/** All texts that CTC can align. */
function texts(): number[][] {
  return gathered(ctcAlignments(ctcScores(1, FRAMES))).map(({ tokens }) => tokens)
}

describe('CtcPrefixes', () => {
  it('sums the alignments of a text, and those of all texts that begin with it', () => {
    for (const seed of seeds) {
      const scores = ctcScores(seed, 4)
      const wanted = gathered(ctcAlignments(scores))
      const prefixes = new CtcPrefixes(scores, VOCAB_SIZE, 0)
      for (const { tokens, score } of wanted) {
        const found = tokens.reduce((prefix, token) => prefixes.extended(prefix, token), prefixes.start())
        const beginning = wanted.filter((other) => tokens.every((token, i) => other.tokens[i] === token))
        expect(found.whole).toBeCloseTo(score, 9)
        // Probabilities are float32.
        expect(found.score).toBeCloseTo(Math.log(beginning.reduce((sum, one) => sum + Math.exp(one.score), 0)), 6)
      }
    }
  })
})

describe('ctcRescored', () => {
  it('orders hypotheses by both scores, CTC summed over all alignments', () => {
    const scores = ctcScores(2, 4)
    const all = gathered(ctcAlignments(scores)).slice(0, 6)
    const hypotheses = all.map(({ tokens, frames }, i) => ({ tokens, frames, logProbs: tokens.map(() => -1), score: -2 * Math.abs(3 - i) }))
    const found = ctcRescored(hypotheses, scores, { vocabSize: VOCAB_SIZE, blank: 0, ctcWeight: 0.25 })
    const wanted = all.map(({ tokens, score }, i) => ({ tokens, score: 0.75 * -2 * Math.abs(3 - i) + 0.25 * score })).sort((a, b) => b.score - a.score)
    expect(found.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens))
    for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(wanted[i]?.score as number, 9)
    expect(ctcRescored(hypotheses.slice(0, 1), new Float32Array(0), { vocabSize: VOCAB_SIZE, blank: 0, ctcWeight: 0.25 })).toEqual(hypotheses.slice(0, 1))
  })
})

describe('ctcTimes', () => {
  it('gives the frames of the best alignment', () => {
    for (const seed of seeds) {
      const scores = ctcScores(seed, 4)
      for (const { tokens, frames } of gathered(ctcAlignments(scores))) expect(ctcTimes(scores, VOCAB_SIZE, 0, tokens)?.frames).toEqual(frames)
    }
  })

  it('says where runs end, and nothing of texts that do not fit', () => {
    const likely = (ids: readonly number[]): Float32Array => Float32Array.from(ids.flatMap((id) => Array.from({ length: VOCAB_SIZE }, (_, v) => (v === id ? -0.1 : -5))))
    expect(ctcTimes(likely([0, 2, 2, 0, 2, 1, 1]), VOCAB_SIZE, 0, [2, 2, 1])).toEqual({ frames: [1, 4, 5], ends: [2, 4, 6] })
    expect(ctcTimes(likely([1, 1]), VOCAB_SIZE, 0, [1, 1])).toBeUndefined()
    expect(ctcTimes(likely([0, 0]), VOCAB_SIZE, 0, [])).toEqual({ frames: [], ends: [] })
  })
})

describe('attentionBeam', () => {
  it.each([
    ['with CTC', { ctcWeight: 0.4 }],
    ['with CTC and fusion', { ctcWeight: 0.4, fusion }],
    ['with CTC alone', { ctcWeight: 1 }],
  ])('finds the best of all texts, wide enough, %s', (_, options) => {
    for (const seed of seeds) {
      const wanted = texts().map((tokens) => ({ tokens, score: jointScore(seed, tokens, options.ctcWeight, 'fusion' in options) })).sort((a, b) => b.score - a.score)
      const found = search(seed, { beamSize: 2000, ...options })
      for (const [i, { tokens, score }] of wanted.slice(0, 5).entries()) {
        expect(found[i]?.tokens).toEqual(tokens)
        expect(found[i]?.score).toBeCloseTo(score, 6)
      }
    }
  })

  it('takes the decoder at its word without CTC, and never goes on for ever', () => {
    for (const seed of seeds) {
      for (const { tokens, score, frames } of search(seed, { beamSize: 3, ctcWeight: 0.4 }, false)) {
        expect(tokens.length).toBeLessThanOrEqual(LIMIT)
        expect(score).toBeCloseTo(jointScore(seed, tokens, 0, false), 6)
        expect(frames).toEqual([])
      }
    }
    const endless: typeof model = { ...model, step: (state, tokens) => ({ logProbs: new Float32Array(VOCAB_SIZE * tokens.length).map((_, i) => (i % VOCAB_SIZE === 2 ? -0.01 : -9)), state }) }
    const [found] = attentionBeam(endless, { frames: FRAMES, memory: memoryOf(1), ctc: undefined }, { beamSize: 1, ctcWeight: 0 })
    expect(found?.tokens).toEqual(new Array(LIMIT).fill(2))
  })

  it('is greedy search with a beam of 1, and never scores below it', () => {
    for (const seed of seeds) {
      for (const ctcWeight of [0, 0.3]) {
        const [greedy] = search(seed, { beamSize: 1, ctcWeight })
        if (ctcWeight === 0) {
          const text: number[] = []
          for (;;) {
            const scores = scoresOf(memoryOf(seed), text)
            const best = scores.indexOf(Math.max(...scores))
            if (best === 0 || text.length === LIMIT) break
            text.push(best)
          }
          expect(greedy?.tokens).toEqual(text)
        }
        for (const beamSize of [2, 3, 5]) expect(search(seed, { beamSize, ctcWeight })[0]?.score).toBeGreaterThanOrEqual(greedy?.score as number)
      }
    }
  })

  it('hears nothing in no frames, and refuses a beam of none', () => {
    expect(attentionBeam(model, { frames: 0, memory: new Float32Array(0), ctc: undefined }, { beamSize: 2, ctcWeight: 0 })[0]?.tokens).toEqual([])
    expect(() => search(1, { beamSize: 0, ctcWeight: 0 })).toThrow('The beam size must be a whole number of 1 or more, got 0')
  })
})
