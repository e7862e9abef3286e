import { describe, expect, it } from 'vitest'
import { randomSequences } from './testing/brute-force.js'
import { trainNgram } from './train.js'

const sequences = randomSequences(4, 80, 9)
const sentenceModel = trainNgram(sequences, { order: 4, vocabSize: 9, eos: 8 })
const streamModel = trainNgram([sequences.flat()], { order: 4, vocabSize: 9 })

describe('NgramModel', () => {
  it('scores a stream as the sum of its tokens\' log-probabilities', () => {
    const tokens = randomSequences(6, 40, 9).flat()
    let nll = 0
    tokens.forEach((token, i) => {
      nll -= streamModel.logProb([streamModel.bos, ...tokens.slice(0, i)], token)
    })
    const score = streamModel.scoreStream(Int32Array.from(tokens))
    expect(score.tokens).toBe(tokens.length)
    expect(score.nll).toBeCloseTo(nll, 8)
  })

  it('scores sentences one by one and counts their ends', () => {
    const sentences = [[1, 2], [], [3]]
    const { nll, tokens } = sentenceModel.scoreSentences(sentences)
    const parts = sentences.map((sentence) => sentenceModel.scoreStream([...sentence, 8]).nll)
    expect(tokens).toBe(6)
    expect(nll).toBeCloseTo(parts.reduce((sum, part) => sum + part, 0), 10)
    expect(streamModel.scoreSentences(sentences).tokens).toBe(3)
  })

  it('scores what it was trained on better than a model of lower order does', () => {
    const bigrams = trainNgram([sequences.flat()], { order: 2, vocabSize: 9 })
    expect(streamModel.scoreStream(sequences.flat()).nll).toBeLessThan(bigrams.scoreStream(sequences.flat()).nll)
  })

  it('steps as a scorer whose states can branch', () => {
    const start = sentenceModel.initial()
    const first = sentenceModel.advance(start, 1)
    const second = sentenceModel.advance(first, 4)
    sentenceModel.advance(first, 7)
    expect(sentenceModel.score(start, 1)).toBe(sentenceModel.logProb([sentenceModel.bos], 1))
    expect(sentenceModel.score(second, 5)).toBe(sentenceModel.logProb([sentenceModel.bos, 1, 4], 5))
  })

  it('has one state for all contexts that mean the same', () => {
    const far = [2, 5, 1, 1, 4].reduce((state, token) => streamModel.advance(state, token), streamModel.initial())
    const near = [7, 1, 1, 4].reduce((state, token) => streamModel.advance(state, token), streamModel.initial())
    expect(far).toEqual(near)
  })

  it('refuses tokens outside the vocabulary', () => {
    for (const token of [-1, 9, 0.5, NaN]) {
      expect(() => streamModel.logProb([], token)).toThrow(`token ${token} is outside the model's vocabulary of 9`)
      expect(() => streamModel.scoreStream([1, token])).toThrow(`token ${token} is outside`)
    }
    expect(() => streamModel.logProb([10], 1)).toThrow('token 10 is outside')
  })
})
