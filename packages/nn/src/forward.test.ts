import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { inference, TrainingContext } from './forward.js'
import { useTestDevice } from './testing.js'

beforeAll(useTestDevice)

const x = (): tf.Tensor => tf.ones([2, 200])
const context = (step: number): TrainingContext =>
  new TrainingContext({ seed: 1, step: tf.scalar(step, 'int32'), examples: tf.tensor1d([0, 1], 'int32') })
const mask = (context: TrainingContext): number[] => [...context.dropout(x(), 0.5).dataSync()]

describe('TrainingContext', () => {
  it('gives every dropout of a pass, every step and every example its own mask, and the same when run again', () => {
    const pass = context(1)
    const first = mask(pass)
    expect(new Set(first)).toEqual(new Set([0, 2]))
    expect(first.slice(0, 200)).not.toEqual(first.slice(200))
    expect(mask(pass)).not.toEqual(first)
    expect(mask(context(2))).not.toEqual(first)
    expect(mask(context(1))).toEqual(first)
  })

  it('counts a dropout of rate 0, so that turning one off leaves the others alone', () => {
    const pass = context(1)
    const input = x()
    expect(pass.dropout(input, 0)).toBe(input)
    const second = context(1)
    mask(second)
    expect(mask(pass)).toEqual(mask(second))
  })

  it('rejects rates that are none', () => {
    expect(() => context(1).dropout(x(), 1)).toThrow('must be at least 0 and less than 1, got 1')
  })
})

it('inference leaves values as they are', () => {
  const input = x()
  expect(inference.training).toBe(false)
  expect(inference.dropout(input, 0.5)).toBe(input)
})
