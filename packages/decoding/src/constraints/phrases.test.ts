import { describe, expect, it } from 'vitest'
import { contains } from '../testing/exhaustive.js'
import { generator } from '../testing/table-model.js'
import { Phrases, type Progress } from './phrases.js'

/** Progress after each of some tokens. */
function follow(phrases: Phrases, tokens: readonly number[]): Progress {
  return tokens.reduce((progress, token) => phrases.advance(progress, token), phrases.start())
}

describe('Phrases', () => {
  it('counts what is still to come', () => {
    const phrases = new Phrases([[1, 2, 3], [4]])
    const unmet = [[], [1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 3, 4], [1, 2, 1], [5, 5]]
    expect(unmet.map((tokens) => follow(phrases, tokens).unmet)).toEqual([4, 3, 2, 1, 3, 0, 3, 4])
    expect(phrases.advancing(phrases.start())).toEqual([1, 4])
    expect(phrases.advancing(follow(phrases, [1]))).toEqual([2])
    expect(phrases.advancing(follow(phrases, [1, 2, 3]))).toEqual([4])
    expect(phrases.advancing(follow(phrases, [4, 1, 2, 3]))).toEqual([])
  })

  it('agrees with looking for substrings, and always has a way on', () => {
    const random = generator(5)
    const draw = (length: number) => Array.from({ length }, () => Math.floor(random() * 3))
    for (let trial = 0; trial < 300; trial++) {
      const wanted = Array.from({ length: 1 + trial % 4 }, () => draw(1 + Math.floor(random() * 3)))
      const phrases = new Phrases(wanted)
      const tokens: number[] = []
      let progress = phrases.start()
      for (let i = 0; i < 12; i++) {
        const met = wanted.every((phrase) => contains(tokens, phrase))
        expect(progress.unmet === 0).toBe(met)
        const advancing = phrases.advancing(progress)
        expect(advancing.length > 0).toBe(!met)
        for (const token of advancing) expect(phrases.advance(progress, token).unmet).toBeLessThan(progress.unmet)
        tokens.push(draw(1)[0]!)
        progress = phrases.advance(progress, tokens.at(-1)!)
      }
    }
  })
})
