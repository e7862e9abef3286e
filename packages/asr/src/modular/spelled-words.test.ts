import { CharTokenizer } from '@parlance/tokenizer'
import { describe, expect, it } from 'vitest'
import { BLANK_TOKEN } from '../tokens/blank.js'
import type { WordLanguageModel } from '../search/word-language-model.js'
import { WordTokenizer } from '../tokens/word-tokenizer.js'
import { type SpellingState, SpelledWords } from './spelled-words.js'

const WORDS = ['to', 'two', 'toe', 'a']
const P: Record<string, number> = { to: 0.4, two: 0.2, toe: 0.1, a: 0.2 }

/** Words have fixed probabilities, halved behind "a"; 0.1 is left for unknown ones. */
const model: WordLanguageModel<string> = {
  initial: () => '',
  score: (state, word) => Math.log((P[word] ?? 0.1) * (state === 'a' ? 0.5 : 1)),
  advance: (_, word) => word,
  end: (state) => (state === 'a' ? -1 : -2),
  key: String,
}
const tokenizer = CharTokenizer.fromText('two eax', { specialTokens: [BLANK_TOKEN] })
const spelled = new SpelledWords(model as WordLanguageModel, WORDS, tokenizer)

/** Scores of the characters of a text, and the state behind them. */
function follow(text: string, scorer = spelled, tokens = [...tokenizer.encode(text)]): { scores: number[]; state: SpellingState } {
  let state = scorer.initial()
  const scores = tokens.map((token) => {
    const score = scorer.score(state, token)
    state = scorer.advance(state, token)
    return score
  })
  return { scores, state }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

describe('SpelledWords', () => {
  it('gives a text the probabilities of its words, whatever spaces are around them', () => {
    for (const text of ['two a to', '  two  a to']) {
      const { scores, state } = follow(text)
      const wanted = Math.log(0.2) + Math.log(0.2) + Math.log(0.4 * 0.5) - 2
      expect(Math.abs(sum(scores) + spelled.end(state) - wanted)).toBeLessThan(1e-9)
    }
  })

  it('looks ahead: letters have the probability of the likeliest word that they lead to', () => {
    const { scores } = follow('two ')
    // t: to 0.4; tw: two 0.2; the rest is known.
    for (const [i, wanted] of [Math.log(0.4), Math.log(0.2 / 0.4), 0, 0].entries()) expect(Math.abs((scores[i] as number) - wanted)).toBeLessThan(1e-9)
    // A word that could go on: "to" is likelier than "toe", which it is not.
    expect(Math.abs(sum(follow('toe ').scores) - Math.log(0.1))).toBeLessThan(1e-9)
  })

  it('gives words that are not listed an unknown word\'s probability and their characters\'', () => {
    for (const text of ['tx ', 'tw ', 'tox']) {
      const { scores, state } = follow(text)
      const length = text.trim().length
      expect(Math.abs(sum(scores) + spelled.end(state) - (Math.log(0.1) - 3 * length - 2))).toBeLessThan(1e-9)
    }
  })

  it('keeps everything finite where a model knows no unknown words', () => {
    const closed = new SpelledWords({ ...model, score: (state, word) => (word in P ? model.score(state as string, word) : -Infinity) } as WordLanguageModel, WORDS, tokenizer)
    const { scores, state } = follow('tx a', closed)
    expect(scores.every(Number.isFinite)).toBe(true)
    expect(sum(scores)).toBeLessThan(-25)
    expect(Number.isFinite(closed.end(state))).toBe(true)
  })

  it('reads tokens of several characters, spaces among them', () => {
    const words = WordTokenizer.fromTexts(['two a to toe'], [BLANK_TOKEN])
    const whole = new SpelledWords(model as WordLanguageModel, WORDS, words)
    const { scores, state } = follow('', whole, [...words.encode('two a to')])
    const wanted = Math.log(0.2) + Math.log(0.2) + Math.log(0.4 * 0.5) - 2
    expect(Math.abs(sum(scores) + whole.end(state) - wanted)).toBeLessThan(1e-9)
  })
})
