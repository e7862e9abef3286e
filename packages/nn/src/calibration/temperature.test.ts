import { describe, expect, it } from 'vitest'
import { confidencesOf } from './classified.js'
import { fitTemperature } from './temperature.js'

const sines = (size: number, scale: number): number[] =>
  Array.from({ length: size }, (_, i) => scale * Math.sin(1.7 * i + 0.3 * i * i))

describe('fitTemperature', () => {
  it('finds what PyTorch finds', () => {
    // torch 1.13, float64: LBFGS with strong_wolfe on nn.functional.cross_entropy(a · z, y), T = 1 / a.
    const labels = [1, 1, 1, 0, 2, 1, 0, 1, 2, 0, 1, 1, 2, 1, 1, 0, 0, 1, 0, 1]
    const fit = fitTemperature({ logits: sines(60, 4), classes: 3, labels })
    expect(fit.temperature).toBeCloseTo(4.990731877830286, 6)
    expect(fit.before).toBeCloseTo(1.7378274848251725, 10)
    expect(fit.after).toBeCloseTo(1.0012584725878422, 10)
  })

  it('undoes a scale that logits were multiplied by', () => {
    // Each example's label as often as its probability says: softmax(logits) is calibrated, so T is the scale.
    const logits: number[] = []
    const labels: number[] = []
    for (const counts of [[7, 2, 1], [1, 4, 5], [3, 3, 4]]) {
      counts.forEach((count, label) => {
        for (let i = 0; i < count; i++) {
          logits.push(...counts.map((c) => 2.5 * Math.log(c)))
          labels.push(label)
        }
      })
    }
    expect(fitTemperature({ logits, classes: 3, labels }).temperature).toBeCloseTo(2.5, 7)
  })

  it('goes to an end where more confidence, or less, is always better', () => {
    expect(fitTemperature({ logits: [1, 0, 0, 1], classes: 2, labels: [0, 1] }).temperature).toBeCloseTo(1e-3, 6)
    expect(fitTemperature({ logits: [1, 0, 0, 1], classes: 2, labels: [1, 0] }).temperature).toBeCloseTo(1e3, 6)
    expect(fitTemperature({ logits: [1, 1], classes: 2, labels: [0] }).temperature).toBe(1)
  })

  it('stays exact for logits beyond the range of exp', () => {
    const logits = [3000, 0, 3000, 0, 3000, 0, 0, 3000]
    // Right three times of four: T = 3000 / log 3, which lies beyond the end.
    expect(fitTemperature({ logits, classes: 2, labels: [0, 0, 0, 0] }).temperature).toBeCloseTo(1000, 9)
    const scaled = logits.map((logit) => logit / 10)
    expect(fitTemperature({ logits: scaled, classes: 2, labels: [0, 0, 0, 0] }).temperature).toBeCloseTo(300 / Math.log(3), 5)
  })

  it('rejects sizes, labels and logits that do not fit', () => {
    expect(() => fitTemperature({ logits: [], classes: 2, labels: [] })).toThrow('one labelled example at least')
    expect(() => fitTemperature({ logits: [1, 2, 3], classes: 2, labels: [0, 1] })).toThrow('need 4 logits, got 3')
    expect(() => fitTemperature({ logits: [1, 2], classes: 2, labels: [2] })).toThrow('lie in 0 … 1, got 2 at 0')
    expect(() => fitTemperature({ logits: [1, NaN], classes: 2, labels: [1] })).toThrow('finite, got NaN at 1')
  })
})

describe('confidencesOf', () => {
  it('is the greatest probability and whether its class is the label', () => {
    const logits = [0, Math.log(3), Math.log(8), 0]
    const { confidences, correct } = confidencesOf({ logits, classes: 2, labels: [1, 1] })
    expect([...correct]).toEqual([1, 0])
    expect(confidences[0]).toBeCloseTo(3 / 4, 12)
    expect(confidences[1]).toBeCloseTo(8 / 9, 12)
    // √3 / (1 + √3)
    expect(confidencesOf({ logits, classes: 2, labels: [1, 1] }, 2).confidences[0]).toBeCloseTo(0.6339745962155614, 12)
  })
})
