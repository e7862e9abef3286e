import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readArpa } from './arpa-read.js'
import { NgramError } from './errors.js'
import { bruteForce, generator, randomSequences } from './testing/brute-force.js'
import { trainNgram } from './train.js'

const fixture = (name: string) => new URL(`testing/${name}`, import.meta.url).pathname

describe('trainNgram', () => {
  it.each([1, 2, 3, 5])('of order %i gives every token in every context what the formulas give', (order) => {
    for (const [seed, vocabSize, eos] of [[1, 7, undefined], [2, 7, 6], [3, 12, 0]] as const) {
      const sequences = randomSequences(seed, 60, vocabSize)
      const expected = bruteForce(sequences, order, vocabSize, eos)
      const model = trainNgram(sequences, { order, vocabSize, ...(eos === undefined ? {} : { eos }) })
      const random = generator(seed)
      for (let trial = 0; trial < 60; trial++) {
        const context = Array.from({ length: Math.floor(random() * (order + 1)) }, () => Math.floor(random() * vocabSize))
        if (random() < 0.5) context.unshift(model.bos)
        for (let token = 0; token < vocabSize; token++) {
          expect(model.logProb(context, token)).toBeCloseTo(Math.log(expected(context, token)), 5)
        }
      }
    }
  })

  it('sums to 1 over the vocabulary in any context, unseen tokens included', () => {
    const vocabSize = 40
    const sequences = randomSequences(5, 300, 30)
    const model = trainNgram(sequences, { order: 4, vocabSize })
    const random = generator(9)
    for (let trial = 0; trial < 300; trial++) {
      const seen = sequences[Math.floor(random() * sequences.length)]!
      const context = trial % 2 === 0 ? seen.slice(0, Math.floor(random() * 5)) :
        Array.from({ length: 3 }, () => Math.floor(random() * vocabSize))
      let sum = 0
      for (let token = 0; token < vocabSize; token++) sum += Math.exp(model.logProb(context, token))
      expect(Math.abs(sum - 1)).toBeLessThan(1e-6)
    }
    expect(model.logProb([], 39)).toBeGreaterThan(-Infinity)
  })

  // Made by `lmplz -o 3 --discount_fallback`. The text's last word occurs once because lmplz takes the plain
  // count, not the continuation count, of the very last n-gram for its counts of counts.
  it('agrees with KenLM\'s lmplz in every entry', () => {
    const { model: expected, words } = readArpa(fixture('kenlm.arpa'))
    const ids = new Map(words.map((word, id) => [word, id]))
    const sentences = readFileSync(fixture('kenlm.txt'), 'utf8').split('\n').slice(0, -1)
      .map((line) => line.split(' ').filter((word) => word !== '').map((word) => ids.get(word)!))
    const model = trainNgram(sentences, { order: 3, vocabSize: words.length, eos: ids.get('</s>')! })
    expect(model.levels.map((level) => [...level.words])).toEqual(expected.levels.map((level) => [...level.words]))
    for (const [i, level] of expected.levels.entries()) {
      level.logProbs.forEach((logProb, node) => expect(model.levels[i]!.logProbs[node]).toBeCloseTo(logProb, 5))
      level.backoffs.forEach((backoff, node) => expect(model.levels[i]!.backoffs[node]).toBeCloseTo(backoff, 5))
    }
  })

  it('follows a computation by hand', () => {
    // The stream a b a c: bigrams ^a ab ba ac, once each, so D1 = 0.5 (fallback: n2 = 0).
    // Left neighbours: a has ^ and b, b has a, c has a: n1 = 2, n2 = 1, n3 = 0 calls for the fallback, too.
    const [a, b, c] = [0, 1, 2]
    const model = trainNgram([[a, b, a, c]], { order: 2, vocabSize: 4 })
    const weight = (1 + 0.5 + 0.5) / 4
    const unigrams = [1 / 4 + weight / 4, 0.5 / 4 + weight / 4, 0.5 / 4 + weight / 4, weight / 4]
    unigrams.forEach((p, token) => expect(model.logProb([3], token)).toBeCloseTo(Math.log(p), 6))
    // After a: b and c once each, so (1 - 0.5) / 2 each and a weight of 1/2 for the unigrams.
    expect(model.logProb([a], b)).toBeCloseTo(Math.log(0.25 + 0.5 * unigrams[b]!), 6)
    expect(model.logProb([a], c)).toBeCloseTo(Math.log(0.25 + 0.5 * unigrams[c]!), 6)
    expect(model.logProb([a], a)).toBeCloseTo(Math.log(0.5 * unigrams[a]!), 6)
    expect(model.logProb([model.bos], a)).toBeCloseTo(Math.log(0.5 + 0.5 * unigrams[a]!), 6)
  })

  it('does not count n-grams across sequences', () => {
    const model = trainNgram([[0, 1], [2, 3]], { order: 2, vocabSize: 4 })
    expect(model.logProb([1], 2)).toBeCloseTo(model.logProb([], 2), 6)
    expect(model.logProb([0], 1)).toBeGreaterThan(model.logProb([], 1))
  })

  it('takes empty sequences and texts shorter than the order', () => {
    const model = trainNgram([[], Int32Array.of(1)], { order: 5, vocabSize: 2, eos: 0 })
    expect(Math.exp(model.logProb([], 0)) + Math.exp(model.logProb([], 1))).toBeCloseTo(1, 6)
    expect(trainNgram([[1]], { vocabSize: 2 }).order).toBe(5)
  })

  it.each([
    [[], {}, 'there are no tokens to train on'],
    [[[]], {}, 'there are no tokens to train on'],
    [[[0], [1, 4]], {}, 'token 4 at position 1 of sequence 1 is outside the vocabulary of 4'],
    [[[-1]], {}, 'token -1 at position 0 of sequence 0 is outside the vocabulary of 4'],
    [[[0.5]], {}, 'token 0.5 at position 0'],
    [[[0]], { order: 0 }, 'order must be a positive integer, got 0'],
    [[[0]], { vocabSize: 0 }, 'vocabSize must be a positive integer, got 0'],
    [[[0]], { eos: 4 }, 'eos 4 is outside the vocabulary of 4'],
  ])('refuses %j with %j', (sequences, wrong, message) => {
    const options = { vocabSize: 4, ...wrong }
    expect(() => trainNgram(sequences, options)).toThrow(NgramError)
    expect(() => trainNgram(sequences, options)).toThrow(message)
  })
})
