import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../significance/random.js'
import { analogyAccuracy, type AnalogyQuestion, parseAnalogies } from './analogy.js'

/** man : woman as king : queen, planted as sums; "monarch" lies nearer to king than queen does. */
const planted = {
  words: ['man', 'woman', 'king', 'queen', 'monarch', 'apple'],
  values: Float32Array.of(1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0.8, 0.1, 1, -1, -1, 0.2),
  width: 3,
}

const text = `: family
man woman king queen
Man Woman King Queen
: gram1-unknown
man woman king prince
`

describe('analogyAccuracy', () => {
  it('counts sections, coverage and conventions', () => {
    const result = analogyAccuracy(planted, parseAnalogies(text))
    expect(result.sections).toEqual([
      { name: 'family', questions: 2, covered: 1, correct: 1, accuracy: 1 },
      { name: 'gram1-unknown', questions: 1, covered: 0, correct: 0, accuracy: Number.NaN },
    ])
    expect(result).toMatchObject({ questions: 3, covered: 1, correct: 1, accuracy: 1 })
    expect(result.semantic.covered + result.syntactic.covered).toBe(1)
    expect(result.signature).toBe('3cosadd|restrict:30000|case:as-is|excluding a, b, c')
    expect(analogyAccuracy(planted, parseAnalogies(text), { lowerCase: true })).toMatchObject({ covered: 2, correct: 2 })
  })

  it('asks only about the first words', () => {
    expect(analogyAccuracy(planted, parseAnalogies(text), { restrict: 3 })).toMatchObject({ covered: 0 })
    expect(() => analogyAccuracy(planted, [], { restrict: 0 })).toThrow('restrict must be a positive whole number, got 0')
  })

  it.each(['3cosadd', '3cosmul'] as const)('answers by %s as the formula over all words does', (method) => {
    const random = mulberry32(7)
    const [count, width] = [40, 6]
    const words = Array.from({ length: count }, (_, i) => `w${i}`)
    const values = Float32Array.from({ length: count * width }, () => random() - 0.5)
    const row = (i: number) => Array.from(values.subarray(i * width, (i + 1) * width))
    const unit = (v: number[]) => v.map((x) => x / Math.hypot(...v))
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
    const units = words.map((_, i) => unit(row(i)))
    const best = (a: number, b: number, c: number): number => {
      const sum = units[b]!.map((x, d) => x - units[a]![d]! + units[c]![d]!)
      const shifted = (d: number, i: number) => (dot(units[d]!, units[i]!) + 1) / 2
      const scores = words.map((_, d) =>
        [a, b, c].includes(d) ? -Infinity
          : method === '3cosadd' ? dot(units[d]!, sum) / Math.hypot(...sum)
            : (shifted(d, b) * shifted(d, c)) / (shifted(d, a) + 0.001))
      return scores.indexOf(Math.max(...scores))
    }
    const questions = Array.from({ length: 60 }, (_, i): AnalogyQuestion => {
      const [a, b, c] = [i % count, (7 * i + 1) % count, (11 * i + 2) % count]
      // Every third answer is wrong on purpose.
      const d = i % 3 === 0 ? (best(a, b, c) + 1) % count : best(a, b, c)
      return [`w${a}`, `w${b}`, `w${c}`, `w${d}`]
    })
    expect(analogyAccuracy({ words, values, width }, [{ name: 'all', questions }], { method })).toMatchObject({ covered: 60, correct: 40 })
  })
})

describe('parseAnalogies', () => {
  it('names the line that is wrong', () => {
    expect(() => parseAnalogies(': s\na b c\n', 'q.txt')).toThrow('q.txt, line 2: expected four words or ": section", got "a b c"')
    expect(() => parseAnalogies(': s\n', 'q.txt')).toThrow('q.txt: holds no questions')
  })
})
