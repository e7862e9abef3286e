import { describe, expect, it } from 'vitest'
import { PhraseAutomaton } from './phrase-automaton.js'

/** What a text gets on the way, and what is taken back at its end. */
function run(automaton: PhraseAutomaton, text: readonly number[]): { steps: number[]; total: number } {
  const steps: number[] = []
  let node = 0
  for (const token of text) {
    const bonuses = new Float32Array(10)
    automaton.addBonuses(node, bonuses)
    steps.push(bonuses[token] as number)
    node = automaton.next(node, token)
  }
  return { steps, total: steps.reduce((a, b) => a + b, 0) - automaton.pending(node) }
}

describe('PhraseAutomaton', () => {
  it('gives each token of a phrase its weight at once, and takes it back from what breaks off', () => {
    const automaton = new PhraseAutomaton([{ tokens: [1, 2, 3], weight: 2 }])
    expect(run(automaton, [1, 2, 3, 4])).toEqual({ steps: [2, 2, 2, 0], total: 6 })
    expect(run(automaton, [1, 2, 4])).toEqual({ steps: [2, 2, -4], total: 0 })
    expect(run(automaton, [1, 2])).toEqual({ steps: [2, 2], total: 0 })
    // The second 1 begins anew: 4 back, 2 given.
    expect(run(automaton, [1, 2, 1, 2, 3])).toEqual({ steps: [2, 2, -2, 2, 2], total: 6 })
  })

  it('goes on with the longest suffix that begins a phrase', () => {
    const automaton = new PhraseAutomaton([{ tokens: [1, 2, 3, 4], weight: 1 }, { tokens: [2, 3, 5], weight: 1 }])
    expect(run(automaton, [1, 2, 3, 5])).toEqual({ steps: [1, 1, 1, 0], total: 3 })
  })

  it('sums up to weight × tokens of each occurrence, beginnings and overlaps included, in every text', () => {
    const phrases = [{ tokens: [1, 2], weight: 0.5 }, { tokens: [1, 2, 2, 3], weight: 0.5 }, { tokens: [2, 2], weight: 0.5 }, { tokens: [3], weight: 0.5 }]
    const automaton = new PhraseAutomaton(phrases)
    for (let code = 0; code < 3 ** 8; code++) {
      const text = Array.from({ length: 8 }, (_, i) => 1 + (Math.floor(code / 3 ** i) % 3))
      let wanted = 0
      for (let end = 1; end <= 8; end++) {
        for (const { tokens } of phrases) {
          const before = end - tokens.length
          if (before < 0 || tokens.join() !== text.slice(before, end).join()) continue
          // 1 2 2 3 begins with 1 2, which has its own.
          wanted += 0.5 * (tokens.length === 4 ? 2 : tokens.length)
        }
      }
      expect(run(automaton, text).total).toBeCloseTo(wanted, 5)
    }
  })

  it('takes the largest of the weights of phrases that share a beginning', () => {
    const automaton = new PhraseAutomaton([{ tokens: [1, 2], weight: 1 }, { tokens: [1, 3], weight: 4 }])
    expect(run(automaton, [1, 2])).toEqual({ steps: [4, 1], total: 5 })
    expect(run(automaton, [1, 3])).toEqual({ steps: [4, 4], total: 8 })
  })
})
