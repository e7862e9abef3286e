import { describe, expect, it } from 'vitest'
import { epochBatches } from './batches.js'

describe('epochBatches', () => {
  // Epoch e has 2 + e % 3 batches, named by epoch and position.
  const plan = (epoch: number) => Array.from({ length: 2 + (epoch % 3) }, (_, i) => `${epoch}.${i}`)

  it('walks through epochs of different lengths', () => {
    const at = epochBatches(plan)
    const walked = Array.from({ length: 12 }, (_, i) => at(i + 1))
    expect(walked.map(({ batch }) => batch).join(' ')).toBe('0.0 0.1 1.0 1.1 1.2 2.0 2.1 2.2 2.3 3.0 3.1 4.0')
    expect(walked[8]?.epoch).toBe(2)
  })

  it('is a function of the step alone', () => {
    const walked = epochBatches(plan)
    const wanted = Array.from({ length: 40 }, (_, i) => walked(i + 1))
    const jumped = epochBatches(plan)
    for (const step of [37, 2, 40, 1, 12, 11, 39]) expect(jumped(step)).toEqual(wanted[step - 1])
  })

  it('plans each epoch once while walking', () => {
    const planned: number[] = []
    const at = epochBatches((epoch) => {
      planned.push(epoch)
      return plan(epoch)
    })
    for (let step = 1; step <= 11; step++) at(step)
    expect(planned).toEqual([0, 1, 2, 3])
  })

  it('refuses an epoch without batches', () => {
    expect(() => epochBatches(() => [])(1)).toThrow('Epoch 0 has no batch: there is too little data.')
  })
})
