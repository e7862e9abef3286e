import { describe, expect, expectTypeOf, it } from 'vitest'
import { Random } from '@parlance/runtime'
import { choice, type Distribution, integer, logUniform, type ParameterValue, uniform } from './distributions.js'
import { type ParametersOf, searchSpace, valuesOf } from './space.js'

describe('distributions', () => {
  const draws = (distribution: { draw(random: Random): unknown }, count = 4000): unknown[] => {
    const random = new Random(3, 'draws')
    return Array.from({ length: count }, () => distribution.draw(random))
  }
  /** The greatest distance between the values' and the wanted distribution function (Kolmogorov and Smirnov). */
  const distance = (values: number[], wanted: (value: number) => number): number => {
    const sorted = [...values].sort((a, b) => a - b)
    return Math.max(...sorted.map((value, i) => Math.abs((i + 0.5) / sorted.length - wanted(value))))
  }

  it('draw as they say', () => {
    // 1.95 / √n is exceeded once in a thousand times.
    const bound = 1.95 / Math.sqrt(4000)
    expect(distance(draws(uniform(-2, 3)) as number[], (value) => (value + 2) / 5)).toBeLessThan(bound)
    const rates = draws(logUniform(1e-5, 10)) as number[]
    expect(distance(rates, (value) => (Math.log10(value) + 5) / 6)).toBeLessThan(bound)
    expect(rates.every((value) => value >= 1e-5 && value < 10)).toBe(true)
    const finite: [Distribution, ParameterValue[]][] = [
      [integer(-1, 2), [-1, 0, 1, 2]],
      [choice(['a', true, 3]), ['a', true, 3]],
    ]
    for (const [distribution, values] of finite) {
      const drawn = draws(distribution)
      expect(new Set(drawn)).toEqual(new Set(values))
      for (const value of values) {
        const p = 1 / values.length
        // Four standard deviations of a binomial frequency.
        expect(Math.abs(drawn.filter((other) => other === value).length / 4000 - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000))
      }
    }
  })

  it('refuse ranges and values that cannot work', () => {
    expect(() => uniform(1, 1)).toThrow('A range (uniform) must rise between finite ends, got 1 to 1')
    expect(() => uniform(0, Infinity)).toThrow('got 0 to Infinity')
    expect(() => logUniform(0, 1)).toThrow('must begin above 0, got 0: use uniform')
    expect(() => integer(0.5, 2)).toThrow('must have whole ends, got 0.5 to 2')
    expect(() => choice([])).toThrow('needs one value or more')
    expect(() => choice(['a', 'b', 'a'])).toThrow('must differ, got "a" twice')
    expect(() => choice([1, Infinity])).toThrow('must be finite, got Infinity')
  })
})

describe('searchSpace', () => {
  const space = searchSpace({ rate: logUniform(1e-3, 1), optimizer: choice(['sgd', 'adam']) }).and(({ optimizer }) =>
    optimizer === 'sgd' ? { momentum: uniform(0, 0.99) } : { beta: uniform(0.9, 1) },
  )
  const parameters = (of: { draw: (typeof space)['draw'] }, trial: number, seed = 1) => valuesOf(of.draw(seed, trial))

  it('has the type of what it draws', () => {
    type P = ParametersOf<typeof space>
    expectTypeOf<P['rate']>().toEqualTypeOf<number>()
    expectTypeOf<P['optimizer']>().toEqualTypeOf<'sgd' | 'adam'>()
    expectTypeOf<P['momentum']>().toEqualTypeOf<number | undefined>()
  })

  it('draws a trial by its seed and number alone, and what is conditional by what it depends on', () => {
    const trials = Array.from({ length: 40 }, (_, trial) => parameters(space, trial))
    expect(new Set(trials.map(({ rate }) => rate)).size).toBe(40)
    for (const trial of trials) {
      const { optimizer } = trial
      expect(Object.keys(trial)).toEqual(['rate', 'optimizer', optimizer === 'sgd' ? 'momentum' : 'beta'])
    }
    expect(parameters(space, 7)).toEqual(trials[7])
    expect(parameters(space, 7, 2).rate).not.toBe(trials[7]?.rate)
    // A further hyper-parameter, before the others, leaves them as they are.
    const wider = searchSpace({ width: integer(1, 1000), rate: logUniform(1e-3, 1), optimizer: choice(['sgd', 'adam']) })
    for (const [trial, { rate, optimizer }] of trials.entries()) expect(parameters(wider, trial)).toMatchObject({ rate, optimizer })
  })

  it('refuses no hyper-parameters, and one name twice', () => {
    expect(() => searchSpace({})).toThrow('one hyper-parameter or more, got none')
    const twice = searchSpace({ rate: uniform(0, 1) }).and(() => ({ rate: uniform(0, 2) }))
    expect(() => twice.draw(1, 0)).toThrow('has rate twice')
  })
})
