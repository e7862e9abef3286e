import { setTimeout } from 'node:timers/promises'
import { tf } from '@parlance/runtime'
import { beforeAll, expect, it } from 'vitest'
import { stepsWithin } from './pace.js'
import { useTestDevice } from './testing.js'

beforeAll(useTestDevice)

it('plans as many steps and evaluations as fit', async () => {
  const busy = (milliseconds: number) => {
    const until = performance.now() + milliseconds
    while (performance.now() < until);
  }
  const trainStep = () => {
    busy(5)
    return { sum: tf.scalar(1), count: tf.scalar(1), gradientNorm: tf.scalar(1) }
  }
  const evaluate = async () => {
    await setTimeout(50)
    return 1
  }
  const before = tf.memory().numTensors
  const steps = await stepsWithin(10, { trainStep, batch: () => ({ rows: tf.scalar(0) }), evaluate, evaluateEvery: 10 })
  expect(tf.memory().numTensors).toBe(before)
  // 5 ms a step and 5 ms for its share of an evaluation: 10 seconds less reserve and measuring hold about 930; a busy machine holds fewer.
  expect(steps).toBeLessThan(960)
  expect(steps).toBeGreaterThan(200)
})
