import { Random } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import { parseLexicon } from './lexicon.js'
import { PrefixTree } from './prefix-tree.js'
import { tokenPassing } from './token-passing.js'
import type { WordLanguageModel } from '../search/word-language-model.js'

const PHONES = ['-', 'a', 'b', 'c']
// Words that share beginnings, one inside another, homophones, a word with two pronunciations, a repeated phone.
const lexicon = parseLexicon('A a\nAB a b\nABA a b a\nCC c c\nBE b\nBEE b\nCAB c a b\nCAB(2) b c\n', 'test')
const tree = new PrefixTree(lexicon, (phone) => PHONES.indexOf(phone), 'test')

/** A bigram model with random probabilities that do not sum to 1, which no search minds. */
function bigram(seed: number, { keyed = true } = {}): WordLanguageModel<string> {
  const known = new Map<string, number>()
  const score = (state: string, word: string): number => {
    const key = `${state} ${word}`
    if (!known.has(key)) known.set(key, -3 * new Random(seed, key).next())
    return known.get(key) as number
  }
  return {
    initial: () => '<s>',
    score: (state, word) => (word === 'A' && state === 'BE' ? -Infinity : score(state, word)),
    advance: (_, word) => word,
    end: (state) => score(state, '</s>'),
    ...(keyed ? { key: (state: string) => state } : {}),
  }
}

/** (frames × phones) log-probabilities. */
function posteriors(frames: number, seed: number): Float32Array {
  const rows = Array.from({ length: frames }, (_, t) => {
    const values = [...new Random(seed, t).normal(PHONES.length, 0, 2)]
    const sum = Math.log(values.reduce((total, value) => total + Math.exp(value), 0))
    return values.map((value) => value - sum)
  })
  return Float32Array.from(rows.flat())
}

/** The best path that spells these phones: the Viterbi score of CTC's alignments. */
function bestPath(scores: Float32Array, phones: readonly number[]): number {
  const states = [0, ...phones.flatMap((phone) => [phone, 0])]
  let best = states.map((_, s) => (s < 2 ? (scores[states[s] as number] as number) : -Infinity))
  for (let t = PHONES.length; t < scores.length; t += PHONES.length) {
    best = states.map((phone, s) => {
      const skip = s >= 2 && phone !== 0 && phone !== states[s - 2] ? (best[s - 2] as number) : -Infinity
      return Math.max(best[s] as number, s > 0 ? (best[s - 1] as number) : -Infinity, skip) + (scores[t + phone] as number)
    })
  }
  return Math.max(...best.slice(-2))
}

/** Every sequence of at most `most` words with its best score over pronunciations, the best first. */
function enumerated(scores: Float32Array, model: WordLanguageModel<string> | undefined, weight: number, bonus: number, most: number) {
  const found = new Map<string, number>()
  const extend = (words: string[], phones: number[], state: string | undefined, language: number): void => {
    const end = model ? weight * model.end(state as string) : 0
    const score = bestPath(scores, phones) + language + end
    const text = words.join(' ')
    found.set(text, Math.max(found.get(text) ?? -Infinity, score))
    if (words.length === most) return
    for (const { word, phones: spoken } of lexicon) {
      const more = (model ? weight * model.score(state as string, word) : 0) + bonus
      extend([...words, word], [...phones, ...spoken.map((phone) => PHONES.indexOf(phone))], model?.advance(state as string, word), language + more)
    }
  }
  extend([], [], model?.initial(), 0)
  return [...found].filter(([, score]) => score > -Infinity).sort(([, a], [, b]) => b - a)
}

describe('token passing', () => {
  it.each([1, 2, 3, 4])('finds the best of all word sequences, with and without a language model (seed %i)', (seed) => {
    const scores = posteriors(4, seed)
    for (const [model, weight, bonus] of [[bigram(seed), 0.7, 0.5], [undefined, 1, -1], [bigram(seed, { keyed: false }), 1.3, 0]] as const) {
      const options = { ...(model && { languageModel: model as WordLanguageModel }), languageModelWeight: weight, insertionBonus: bonus, beam: 1e9, beamSize: 1e6 }
      const search = tokenPassing(tree, PHONES.length, options)
      const state = search.start()
      // In two portions, which must not matter.
      search.advance([state], [scores.slice(0, 4)])
      search.advance([state], [scores.slice(4)])
      const [best, ...others] = search.hypotheses(state)
      const wanted = enumerated(scores, model, weight, bonus, 4)
      expect(best?.tokens.map((word) => tree.words[word]).join(' ')).toBe(wanted[0]?.[0])
      expect(Math.abs((best?.score as number) - (wanted[0]?.[1] as number))).toBeLessThan(1e-5)
      // Of equal states only one history is kept: others are no better than they can be.
      const all = new Map(wanted)
      for (const { tokens, score } of others) {
        expect(score).toBeLessThan((all.get(tokens.map((word) => tree.words[word]).join(' ')) as number) + 1e-5)
      }
    }
  })

  it('keeps every sequence where no two states are alike', () => {
    const scores = posteriors(3, 7)
    const model = bigram(7, { keyed: false })
    const search = tokenPassing(tree, PHONES.length, { languageModel: model as WordLanguageModel, beam: 1e9, beamSize: 1e6 })
    const state = search.start()
    search.advance([state], [scores])
    const found = search.hypotheses(state).map(({ tokens, score }) => [tokens.map((word) => tree.words[word]).join(' '), score] as const)
    const wanted = enumerated(scores, model, 1, 0, 3)
    expect(found.map(([text]) => text)).toEqual(wanted.map(([text]) => text))
    for (const [i, [, score]] of found.entries()) expect(Math.abs(score - (wanted[i]?.[1] as number))).toBeLessThan(1e-5)
  })

  it('says when words begin and end, and how certain they are', () => {
    // - a a b - - c - c: AB, then CC.
    const path = [0, 1, 1, 2, 0, 0, 3, 0, 3]
    const scores = Float32Array.from(path.flatMap((phone, t) => PHONES.map((_, v) => Math.log(v === phone ? (t === 3 ? 0.7 : 0.91) : (t === 3 ? 0.1 : 0.03)))))
    const search = tokenPassing(tree, PHONES.length, { insertionBonus: -1 })
    const state = search.start()
    search.advance([state], [scores])
    const { tokens, frames, ends, logProbs } = search.found(state)
    expect(tokens.map((word) => tree.words[word])).toEqual(['AB', 'CC'])
    expect(frames).toEqual([1, 6])
    expect(ends).toEqual([3, 8])
    expect(Math.abs(Math.exp(logProbs[0] as number) - 0.7)).toBeLessThan(1e-6)
    expect(Math.abs(Math.exp(logProbs[1] as number) - 0.91)).toBeLessThan(1e-6)
  })

  it('gives a word that has only begun no place in the result', () => {
    const search = tokenPassing(tree, PHONES.length, { beam: 3 })
    const state = search.start()
    expect(search.found(state).tokens).toEqual([])
    // c alone is no word.
    search.advance([state], [Float32Array.from([-9, -9, -9, 0])])
    expect(search.found(state).tokens).toEqual([])
  })

  it('loses nothing by pruning that the best path does not need, and bounds what it keeps', () => {
    const scores = posteriors(40, 11)
    const options = { languageModel: bigram(11) as WordLanguageModel }
    const run = (limits: object) => {
      const search = tokenPassing(tree, PHONES.length, { ...options, ...limits })
      const state = search.start()
      search.advance([state], [scores])
      return search.hypotheses(state)
    }
    const [wide] = run({ beam: 1e9, beamSize: 1e6 })
    expect(run({})[0]).toEqual(wide)
    expect(run({ beamSize: 3 }).length).toBeLessThanOrEqual(3)
  })

  it.each([[{ beamSize: 0 }, 'beam size'], [{ beam: NaN }, 'beam'], [{ insertionBonus: Infinity }, 'insertion bonus']])('refuses %j', (options, message) => {
    expect(() => tokenPassing(tree, PHONES.length, options)).toThrow(message)
  })
})

describe('lexicon', () => {
  it('has alternatives, comments and words that end in brackets', () => {
    expect(parseLexicon(';;; comment\nREAD  R IY D # present\nREAD(2)  R EH D\nREAD(3) R EH D\n(2) T UW\n\n', 'x')).toEqual([
      { word: 'READ', phones: ['R', 'IY', 'D'] },
      { word: 'READ', phones: ['R', 'EH', 'D'] },
      { word: '(2)', phones: ['T', 'UW'] },
    ])
  })

  it('refuses words without phones, phones that the model does not know, and nothing at all', () => {
    expect(() => parseLexicon('A a\nB\n', 'x.dic')).toThrow('x.dic: line 2: "B" has no pronunciation')
    expect(() => parseLexicon('\n', 'x.dic')).toThrow('x.dic: has no pronunciations')
    expect(() => new PrefixTree(parseLexicon('A x', 'x.dic'), () => undefined, 'x.dic')).toThrow('the acoustic model has no phone "x", which "A" needs')
  })
})
