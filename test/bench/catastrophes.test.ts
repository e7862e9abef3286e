import { describe, expect, it } from 'vitest'
import { fitLogistic, predictLogistic } from './catastrophes/logistic.js'
import { measureFalseAlarms, measureRecall } from './catastrophes/measure.js'
import { tatoebaPairs } from './catastrophes/pairs.js'

describe.skipIf(!process.env.PARLANCE_CORPORA)('warnings on Tatoeba test pairs (needs PARLANCE_CORPORA)', () => {
  const targets = { de: 'fr', fr: 'de' } as const

  it.each(['de', 'fr'] as const)('find four of five planted catastrophes of every kind, English to %s', (language) => {
    const pairs = tatoebaPairs(language, 'test')
    const foreign = tatoebaPairs(targets[language], 'test').map(([, target]) => target)
    for (const { plant, planted, named } of measureRecall(pairs, { language, pairs, foreign }, 500, 1)) {
      expect(planted, plant).toBeGreaterThanOrEqual(80)
      expect(named / planted, plant).toBeGreaterThanOrEqual(0.8)
    }
  })

  it.each(['de', 'fr'] as const)('come with at most one in twenty human translations, English to %s', (language) => {
    const { warned, sentences } = measureFalseAlarms(tatoebaPairs(language, 'test'), language)
    expect(warned / sentences).toBeLessThanOrEqual(0.05)
  })
})

describe('fitLogistic', () => {
  it('recovers the weights that gave the shares', () => {
    const weights = [-0.5, 2, -1]
    const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
    const fitted = fitLogistic(rows, rows.map((row) => predictLogistic(weights, row)))
    for (const [i, weight] of fitted.entries()) expect(weight).toBeCloseTo(weights[i] as number, 8)
  })
})
