import { describe, expect, it } from 'vitest'
import { ctcBeam } from './ctc-beam.js'
import { ctcGreedy } from './ctc-greedy.js'
import type { FrameSearch } from './frame-search.js'
import { Fusion, type FusionOptions } from './fusion.js'
import { PhraseAutomaton } from './phrase-automaton.js'
import { ctcAlignments, ctcScores, durationAlignments, durationModel, type Enumerated, gathered, model, recording, scoresOf, transducerAlignments, VOCAB_SIZE, WIDTH } from './testing/lattice.js'
import { frameSearch } from './search.js'
import { tdtBeam } from './tdt-beam.js'
import type { ScoredTokens } from './timed-tokens.js'
import { transducerBeam } from './transducer-beam.js'
import { transducerGreedy } from './transducer-greedy.js'
import { transducerLabelBeam } from './transducer-label-beam.js'

/** More hypotheses than there are texts: nothing is pruned. */
const ALL = 100_000
const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

function hypotheses<State>(search: FrameSearch<State>, frames: Float32Array): ScoredTokens[] {
  const state = search.start()
  search.advance([state], [frames])
  return search.hypotheses(state)
}

function expectTexts(found: readonly ScoredTokens[], wanted: readonly Enumerated[]): void {
  expect(found.length).toBe(wanted.length)
  const byText = new Map(found.map((one) => [one.tokens.join(), one]))
  for (const { tokens, score, frames } of wanted) {
    const one = byText.get(tokens.join())
    // Sums of a few hundred float32 probabilities in double precision.
    expect(one?.score).toBeCloseTo(score, 9)
    expect(one?.frames).toEqual(frames)
  }
}

/** Bigrams of which every one has a probability; the language model's state is the last token. */
const bigrams = {
  initial: () => 0,
  score: (last: number, token: number) => -0.3 - Math.abs(Math.sin(5 * last + token)),
  advance: (_: number, token: number) => token,
}

/** Two phrases that overlap. */
const phrases = () => new PhraseAutomaton([{ tokens: [1, 2], weight: 0.7 }, { tokens: [2, 3, 1], weight: 1.1 }])

/** What fusion of all kinds adds to a token, written out: `whole` of a text, from which the step follows. */
function fusedBonus(options: FusionOptions) {
  return (history: readonly number[], token: number): number => {
    const language = (options.languageModelWeight ?? 0.3) * bigrams.score(history.at(-1) ?? 0, token)
    const silent = scoresOf([0, 0], history).map(Math.fround)
    const inner = (silent[token] as number) - Math.log(silent.slice(1).reduce((sum, x) => sum + Math.exp(x), 0))
    return language + (options.insertionBonus ?? 0) - (options.internalWeight ?? 0) * inner
  }
}

/** What phrases give a text in sum. */
function phraseBonus(tokens: readonly number[]): number {
  const text = tokens.join('')
  return 0.7 * 2 * (text.split('12').length - 1) + 1.1 * 3 * (text.split('231').length - 1)
}

type Search = (...args: Parameters<typeof transducerBeam<readonly number[]>>) => FrameSearch<unknown>

describe.each<[string, Search, boolean]>([
  ['time-synchronous', transducerBeam as Search, true],
  ['label-synchronous', transducerLabelBeam as Search, false],
])('%s beam search of a transducer', (_, search, perFrame) => {
  it.each([1, 2])('sums and finds the best of all alignments of at most %i symbols a frame', (maxSymbols) => {
    for (const seed of [1, 2]) {
      const frames = recording(seed, 5 - 2 * maxSymbols + 1)
      const wanted = gathered(transducerAlignments(frames, { maxSymbols, perFrame, blankPenalty: 0.4 }))
      const found = hypotheses(search(model, WIDTH, { beamSize: ALL, maxSymbols, blankPenalty: 0.4 }), frames)
      expectTexts(found, wanted)
      expect(found[0]?.tokens).toEqual(wanted[0]?.tokens)
    }
  })

  it('never scores below greedy search, whatever the beam', () => {
    // The blank is favoured so that neither reaches the bound.
    const bounds = { maxSymbols: 9, blankPenalty: -1.5 }
    let better = 0
    for (const seed of seeds) {
      const frames = recording(seed, 40)
      const [greedy] = hypotheses(transducerGreedy(model, WIDTH, bounds), frames)
      for (const beamSize of [1, 2, 4]) {
        const [best] = hypotheses(search(model, WIDTH, { ...bounds, beamSize }), frames)
        expect(best?.score).toBeGreaterThanOrEqual((greedy?.score as number) - 1e-9)
        better += Number((best?.score as number) > (greedy?.score as number) + 0.1)
      }
    }
    expect(better).toBeGreaterThan(4)
  })

  it('is greedy search with a beam of 1', () => {
    // The blank is favoured so that neither reaches the bound.
    const options = { maxSymbols: 9, blankPenalty: -1.5, fusion: new Fusion(VOCAB_SIZE, 0, { languageModel: bigrams, internalWeight: 0.2 }) }
    for (const seed of seeds) {
      const frames = recording(seed, 40)
      const [greedy] = hypotheses(transducerGreedy(model, WIDTH, options), frames)
      const found = hypotheses(search(model, WIDTH, { ...options, beamSize: 1 }), frames)
      expect(found.length).toBe(1)
      expect({ ...found[0], score: 0 }).toEqual({ ...greedy, score: 0 })
      expect(found[0]?.score).toBeCloseTo(greedy?.score as number, 4)
    }
  })

  it('adds language model, insertion bonus and phrases, and subtracts the internal language model', () => {
    const options: FusionOptions = { languageModel: bigrams, languageModelWeight: 0.5, insertionBonus: 0.2, internalWeight: 0.3, phrases: phrases() }
    const frames = recording(3, 2)
    const alignments = [...transducerAlignments(frames, { maxSymbols: 2, perFrame, bonus: fusedBonus(options) })]
    const wanted = gathered(alignments).map((one) => ({ ...one, score: one.score + phraseBonus(one.tokens) })).sort((a, b) => b.score - a.score)
    const found = hypotheses(search(model, WIDTH, { beamSize: ALL, maxSymbols: 2, fusion: new Fusion(VOCAB_SIZE, 0, options) }), frames)
    expect(found.length).toBe(wanted.length)
    for (const { tokens, score } of wanted.slice(0, 50)) {
      // Bonuses are float32.
      expect(found.find((one) => one.tokens.join() === tokens.join())?.score).toBeCloseTo(score, 5)
    }
  })
})

describe('tdtBeam', () => {
  it.each([1, 2])('sums and finds the best of all alignments of at most %i symbols a frame', (maxSymbols) => {
    for (const seed of [1, 2, 3]) {
      const frames = recording(seed, 5 - maxSymbols)
      const wanted = gathered(durationAlignments(frames, { maxSymbols, blankPenalty: 0.4 }))
      const found = hypotheses(tdtBeam(durationModel, WIDTH, { beamSize: ALL, maxSymbols, blankPenalty: 0.4 }), frames)
      expectTexts(found, wanted)
      expect(found[0]?.tokens).toEqual(wanted[0]?.tokens)
    }
  })

  it('never scores below greedy search, whatever the beam, and finds the same however frames are cut and recordings put together', () => {
    let better = 0
    const recordings = seeds.map((seed) => recording(seed, 20 + seed))
    for (const beamSize of [1, 2, 4]) {
      const search = tdtBeam(durationModel, WIDTH, { beamSize })
      const alone = recordings.map((frames) => hypotheses(search, frames))
      const states = recordings.map(() => search.start())
      for (let at = 0; at < 30; at += 3) search.advance(states, recordings.map((all) => all.subarray(WIDTH * at, WIDTH * (at + 3))))
      expect(states.map((state) => search.hypotheses(state))).toEqual(alone)
      for (const [i, frames] of recordings.entries()) {
        const [greedy] = hypotheses(transducerGreedy(durationModel, WIDTH), frames)
        expect(alone[i]?.[0]?.score).toBeGreaterThanOrEqual((greedy?.score as number) - 1e-5)
        better += Number((alone[i]?.[0]?.score as number) > (greedy?.score as number) + 0.1)
      }
    }
    expect(better).toBeGreaterThan(8)
  })

  it('knows what of its result stays', () => {
    // A model that is sure of itself: what it hears next frame by frame, whatever it heard before.
    const sure: typeof durationModel = {
      ...durationModel,
      score: (frames) => ({
        tokens: Float32Array.from(frames.flatMap(([x = 0]) => Array.from({ length: VOCAB_SIZE }, (_, v) => (v === Math.floor(9 * (x + 2)) % VOCAB_SIZE ? 0 : -50)))),
        durations: Float32Array.from(frames.flatMap(() => [0, -50, -50])),
      }),
    }
    const search = tdtBeam(sure, WIDTH, { beamSize: 1 })
    const frames = recording(5, 40)
    const state = search.start()
    const whole = hypotheses(search, frames)
    for (let at = 0; at < 40; at++) {
      search.advance([state], [frames.subarray(WIDTH * at, WIDTH * (at + 1))])
      const settled = search.settled(state)
      for (const { tokens } of whole) expect(tokens.slice(0, settled)).toEqual(search.found(state).tokens.slice(0, settled))
    }
    expect(search.settled(state)).toBeGreaterThan(3)
  })

  it('is what a model with durations is searched by, in time', () => {
    const options = { beamSize: 4 }
    const frames = recording(2, 12)
    expect(hypotheses(frameSearch(durationModel, WIDTH, options), frames)).toEqual(hypotheses(tdtBeam(durationModel, WIDTH, options), frames))
    expect(() => frameSearch(durationModel, WIDTH, { ...options, synchrony: 'label' })).toThrow('A label-synchronous search knows no durations')
  })
})

describe('ctcBeam', () => {
  it('sums and finds the best of all alignments', () => {
    for (const seed of seeds) {
      const scores = ctcScores(seed, 5)
      expectTexts(hypotheses(ctcBeam(VOCAB_SIZE, { beamSize: ALL }), scores), gathered(ctcAlignments(scores)))
    }
  })

  it('never scores below greedy search, whatever the beam', () => {
    let better = 0
    for (const seed of seeds) {
      const scores = ctcScores(seed, 40)
      const [greedy] = hypotheses(ctcGreedy(VOCAB_SIZE, { blankPenalty: 0.3 }), scores)
      for (const beamSize of [1, 2, 4]) {
        const [best] = hypotheses(ctcBeam(VOCAB_SIZE, { beamSize, blankPenalty: 0.3 }), scores)
        expect(best?.score).toBeGreaterThanOrEqual((greedy?.score as number) - 1e-9)
        better += Number((best?.score as number) > (greedy?.score as number) + 0.1)
      }
    }
    expect(better).toBeGreaterThan(4)
  })

  it('adds language model and phrases', () => {
    const languageModelEnd = (last: unknown) => -0.1 * (last as number)
    const options: FusionOptions = { languageModel: bigrams, languageModelEnd, insertionBonus: 0.2, phrases: phrases() }
    const scores = ctcScores(3, 5)
    const bonus = fusedBonus(options)
    const wanted = gathered(ctcAlignments(scores, bonus)).map((one) => ({
      ...one, score: one.score + phraseBonus(one.tokens) + 0.3 * languageModelEnd(one.tokens.at(-1) ?? 0),
    }))
    const found = hypotheses(ctcBeam(VOCAB_SIZE, { beamSize: ALL, fusion: new Fusion(VOCAB_SIZE, 0, options) }), scores)
    expect(found.length).toBe(wanted.length)
    for (const { tokens, score } of wanted) expect(found.find((one) => one.tokens.join() === tokens.join())?.score).toBeCloseTo(score, 5)
  })
})

describe.each<[string, number, (seed: number, frames: number) => Float32Array, () => FrameSearch<unknown>]>([
  ['time-synchronous', WIDTH, recording, () => transducerBeam(model, WIDTH, { fusion: fused() }) as FrameSearch<unknown>],
  ['label-synchronous', WIDTH, recording, () => transducerLabelBeam(model, WIDTH, { fusion: fused() }) as FrameSearch<unknown>],
  ['CTC', VOCAB_SIZE, ctcScores, () => ctcBeam(VOCAB_SIZE, { fusion: fused() }) as FrameSearch<unknown>],
])('%s search of a stream', (_, width, make, search) => {
  it('finds what it finds in whole recordings, alone and together, and keeps what it has settled', () => {
    const recordings = [make(1, 30), make(2, 7), make(3, 0), make(4, 19)]
    const wanted = recordings.map((frames) => hypotheses(search(), frames))
    for (const portion of [1, 3, 30]) {
      const beam = search()
      const states = recordings.map(() => beam.start())
      const settled: number[][] = recordings.map(() => [])
      for (let at = 0; at < 30; at += portion) {
        beam.advance(states, recordings.map((all) => all.subarray(width * at, width * (at + portion))))
        for (const [i, state] of states.entries()) {
          const { tokens } = beam.found(state)
          const stable = tokens.slice(0, beam.settled(state))
          expect(stable.slice(0, settled[i]?.length)).toEqual(settled[i])
          settled[i] = stable
        }
      }
      expect(states.map((state) => beam.hypotheses(state))).toEqual(wanted)
      // Not all is open until a recording ends.
      expect(settled[0]?.length).toBeGreaterThan(0)
    }
  })
})

function fused(): Fusion {
  return new Fusion(VOCAB_SIZE, 0, { languageModel: bigrams, phrases: phrases() })
}

describe('options', () => {
  it.each<[string, () => unknown]>([
    ['The beam size must be a whole number of 1 or more, got 0', () => transducerBeam(model, WIDTH, { beamSize: 0 })],
    ['The beam size must be a whole number of 1 or more, got 1.5', () => ctcBeam(VOCAB_SIZE, { beamSize: 1.5 })],
    ['The most symbols of a frame must be a whole number of 1 or more, got 0', () => transducerLabelBeam(model, WIDTH, { maxSymbols: 0 })],
    ['The blank penalty must be a number, got NaN', () => ctcGreedy(VOCAB_SIZE, { blankPenalty: Number.NaN })],
    ['The weight of the language model must be a number, got Infinity', () => new Fusion(VOCAB_SIZE, 0, { languageModelWeight: Infinity })],
  ])('refuses: %s', (message, make) => {
    expect(make).toThrow(message)
  })
})
