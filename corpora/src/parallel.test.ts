import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateParallel } from './parallel.js'

describe('generateParallel', () => {
  const pairs = generateParallel({ seed: 1, pairs: 10_000 })
  const target = new Map(pairs.map((pair) => [pair.source, pair.target]))

  it('is the same for a seed on every platform', () => {
    const text = generateParallel({ seed: 42, pairs: 500 }).map((pair) => `${pair.source}\t${pair.target}\n`).join('')
    expect(createHash('sha256').update(text).digest('hex')).toBe('dcd5022ab655e9da32c001cfe5f26c66691d71eb1b446f469267e3eee311527c')
  })

  it('has no source twice, and one target per source whatever the seed', () => {
    expect(target.size).toBe(pairs.length)
    const common = generateParallel({ seed: 2, pairs: 10_000 }).filter((pair) => target.has(pair.source))
    expect(common.length).toBeGreaterThan(100)
    for (const pair of common) expect(pair.target).toBe(target.get(pair.source))
  })

  // Written out by hand from the rules.
  it.each([
    ['the dog sleeps .', 'ko talo dormat .'],
    ['they did not wait .', 'oli zen atendunt .'],
    ['she will wait tomorrow .', 'mordi al atendet .'],
    ['he laughs in the garden .', 'ol ka hortela ni smehat .'],
  ])('translates %s', (source, wanted) => {
    const many = generateParallel({ seed: 5, pairs: 60_000 })
    expect(many.find((pair) => pair.source === source)?.target).toBe(wanted)
  })

  it('puts the verb last and inflects it for tense and number', () => {
    for (const { source, target } of pairs) {
      const last = target.split(' ').at(-2)!
      expect(last).toMatch(/[aue]n?t$/)
      if (/ will /.test(source)) expect(last).toMatch(/en?t$/)
      if (/ did not /.test(source)) expect(target).toMatch(/ zen \w+un?t \.$/)
      if (/ do not /.test(source)) expect(last).toMatch(/ant$/)
      if (/ does not /.test(source)) expect(last).toMatch(/[^n]t$/)
    }
  })

  it('makes articles and adjectives agree in gender and number', () => {
    const gender: Record<string, string> = { kasuna: 'a', fivu: 'a', garun: 'o', klin: 'e', pilte: 'e', duro: 'o' }
    let checked = 0
    for (const { target } of pairs) {
      for (const match of target.matchAll(/\bk([oae])(i?) (\w+?)(r|il)? (vet|mik|grom|rus|blan|bun|jun|zel|pes|tis|gaj|pov)([oae])(i?) /g)) {
        const [, article, articlePlural, noun, nounPlural, , adjective, adjectivePlural] = match
        if (!gender[noun!]) continue
        expect([article, adjective]).toEqual([gender[noun!], gender[noun!]])
        expect([articlePlural === 'i', adjectivePlural === 'i']).toEqual([Boolean(nounPlural), Boolean(nounPlural)])
        checked++
      }
    }
    expect(checked).toBeGreaterThan(300)
  })

  it('rejects a number of pairs that is none', () => {
    expect(() => generateParallel({ seed: 1, pairs: -1 })).toThrow(/pairs must be 0 or more, got -1/)
  })
})
