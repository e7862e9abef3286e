import { describe, expect, it } from 'vitest'
import { reliability } from './reliability.js'
import { reliabilitySection } from './reliability-section.js'

// By hand, with two bins: (0, 0.5] holds 0.5 right and 0.3 wrong, (0.5, 1] holds 0.6 wrong, 0.9 right and 1 right.
const given = { confidences: Float64Array.of(0.5, 0.3, 0.6, 0.9, 1), correct: Uint8Array.of(1, 0, 0, 1, 1) }

describe('reliability', () => {
  it('compares confidence and accuracy by bin', () => {
    const { bins, count, expectedCalibrationError, maximumCalibrationError } = reliability(given, { bins: 2 })
    expect(count).toBe(5)
    expect(bins.map((bin) => bin.count)).toEqual([2, 3])
    expect(bins[0]?.confidence).toBeCloseTo(0.4, 12)
    expect(bins[0]?.accuracy).toBe(0.5)
    expect(bins[1]?.confidence).toBeCloseTo(2.5 / 3, 12)
    expect(bins[1]?.accuracy).toBeCloseTo(2 / 3, 12)
    expect(expectedCalibrationError).toBeCloseTo((2 / 5) * 0.1 + (3 / 5) * (0.5 / 3), 12)
    expect(maximumCalibrationError).toBeCloseTo(0.5 / 3, 12)
  })

  it('is 0 where each confidence is the share that is right', () => {
    const confidences = Float64Array.from({ length: 20 }, () => 0.75)
    const correct = Uint8Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? 0 : 1))
    expect(reliability({ confidences, correct }).expectedCalibrationError).toBeCloseTo(0, 12)
  })

  it('puts 0 in the first bin, 1 in the last and says so of empty ones', () => {
    const { bins } = reliability({ confidences: Float64Array.of(0, 1), correct: Uint8Array.of(0, 1) })
    expect(bins.map((bin) => bin.count)).toEqual([1, ...new Array<number>(13).fill(0), 1])
    expect(bins[3]?.accuracy).toBeNaN()
  })

  it('rejects sizes and confidences that do not fit', () => {
    const of = (confidences: number[], correct: number[]) => () =>
      reliability({ confidences: Float64Array.from(confidences), correct: Uint8Array.from(correct) })
    expect(of([], [])).toThrow('got 0 and 0')
    expect(of([0.5], [])).toThrow('got 1 and 0')
    expect(of([1.5], [1])).toThrow('lie in 0 … 1, got 1.5 at 0')
    expect(() => reliability(given, { bins: 0 })).toThrow('1 or more, got 0')
  })
})

describe('reliabilitySection', () => {
  it('draws a bar as high as the accuracy for every bin that holds predictions', () => {
    const section = reliabilitySection('Calibration <test>', reliability(given, { bins: 4 }))
    const html = 'html' in section ? section.html : ''
    // Of 240 pixels: bins (0.25, 0.5], (0.5, 0.75] and (0.75, 1] with accuracies 0.5, 0 and 1.
    expect([...html.matchAll(/<rect[^>]* height="([\d.]+)"/g)].map(([, height]) => Number(height))).toEqual([120, 0, 240])
    expect(html).toContain('<title>confidence 95.0%, accuracy 100.0%, 2 predictions</title>')
    // |0.8 − 1| + |0.6 − 0| + |1.9 − 2| over 5.
    expect(html).toContain('expected calibration error 18.0%, greatest 60.0%')
    expect(html).toContain('Calibration &lt;test&gt;: expected')
    expect(html).not.toMatch(/<script|NaN|undefined/)
  })
})
