import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { tf, type SafetensorsTensor } from '@parlance/runtime'
import { CheckpointFolder, readVariables, type LoopState } from './checkpoint.js'
import { useTestDevice } from '../testing.js'

let folder: string
beforeAll(useTestDevice)
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'checkpoint-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true })
})

const window = { lossSum: 0.1, count: 3, gradientNorms: 1e-9, steps: 1, since: 0 }
const loop = (step: number): LoopState => ({
  step,
  seconds: step / 3,
  best: null,
  evaluationsSinceBest: 0,
  evaluations: [{ step: 7, value: 0.1 }],
  window,
})
const filled = (name: string, value: number): Map<string, SafetensorsTensor> =>
  new Map([[name, { dtype: 'F32', shape: [3], data: new Float32Array(3).fill(value) }]])

/** The step of which the checkpoint is, if its three files agree. */
function restoredStep(): number {
  const [weight, slot] = [tf.variable(tf.zeros([3])), tf.variable(tf.zeros([3]))]
  const { step } = new CheckpointFolder(folder).restore(new Map([['weight', weight]]), new Map([['slot', slot]]))
  expect([...weight.dataSync()]).toEqual([step, step, step])
  expect([...slot.dataSync()]).toEqual([-step, -step, -step])
  weight.dispose()
  slot.dispose()
  return step
}

function save(step: number): void {
  new CheckpointFolder(folder).save(filled('weight', step), filled('slot', -step), loop(step))
}

/** Lets the first `calls` file operations of `work` happen and none after them, as kill −9 does. True if it was killed. */
function killedAfter(calls: number, work: () => void): boolean {
  let left = calls
  const dead = new Error('killed')
  const spies = (['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'mkdirSync', 'rmSync', 'readdirSync'] as const).map(
    (name) => {
      const real = fs[name] as (...args: unknown[]) => unknown
      return vi.spyOn(fs, name as 'openSync').mockImplementation(((...args: unknown[]) => {
        if (left-- <= 0) throw dead
        return real(...args)
      }) as unknown as typeof fs.openSync)
    },
  )
  let killed = false
  try {
    work()
  } catch {
    killed = true
  }
  for (const spy of spies) spy.mockRestore()
  return killed
}

describe('CheckpointFolder', () => {
  it('is whole after a kill between any two file operations', () => {
    save(1)
    let step = 1
    const seen = new Set<string>()
    let calls = 0
    for (; ; calls++) {
      const killed = killedAfter(calls, () => save(step + 1))
      const restored = restoredStep()
      expect([step, step + 1]).toContain(restored)
      seen.add(restored === step ? 'old' : 'new')
      step = restored
      if (!killed) break
    }
    expect(calls).toBeGreaterThan(15)
    expect(seen).toEqual(new Set(['old', 'new']))
    save(step + 1)
    expect(restoredStep()).toBe(step + 1)
    expect(fs.readdirSync(path.join(folder, 'state')).length).toBe(2) // what the kills left is cleared away
  })

  it('may be saved again at the same step', () => {
    save(4)
    save(4)
    expect(restoredStep()).toBe(4)
    expect(fs.readdirSync(path.join(folder, 'state')).sort()).toEqual(['checkpoint.json', 'step-00000004-2'])
  })

  it('gives the loop state back exactly', () => {
    save(2)
    const variables = () => tf.variable(tf.zeros([3]))
    const restored = new CheckpointFolder(folder).restore(
      new Map([['weight', variables()]]),
      new Map([['slot', variables()]]),
    )
    expect(restored).toEqual(loop(2))
  })

  it('names what does not fit and changes nothing', async () => {
    save(3)
    const weight = tf.variable(tf.ones([3]))
    const restore = (parameters: Map<string, tf.Variable>, slots = new Map([['slot', tf.variable(tf.zeros([3]))]])) =>
      new CheckpointFolder(folder).restore(parameters, slots)
    const extra = tf.variable(tf.ones([2]))
    expect(() => restore(new Map([['weight', weight], ['bias', extra]]))).toThrow(/bias \[2\] is missing/)
    expect(() => restore(new Map([['gain', weight]]))).toThrow(/gain \[3\] is missing; the model has no weight/)
    expect(() => restore(new Map([['weight', extra]]))).toThrow(/weight has shape \[3\], the model needs \[2\]/)
    const whole = tf.variable(tf.zeros([3], 'int32'), true, undefined, 'int32')
    expect(() => restore(new Map([['weight', whole]]))).toThrow(/weight has dtype F32, the model needs int32/)
    expect([...(await weight.data())]).toEqual([1, 1, 1])
  })

  it.each([
    ['checkpoint.json', '{"folder": "../../elsewhere"}', /does not name a checkpoint: it is damaged/],
    ['checkpoint.json', '{', /checkpoint.json: is not valid JSON/],
    ['step-00000003/loop.json', '{"step": "x"}', /is not the state of a training loop/],
    ['step-00000003/loop.json', 'null', /is not the state of a training loop/],
    ['step-00000003/model.safetensors', '', /0 bytes are too few/],
  ])('says in one line that %s is damaged by %j', (file, content, message) => {
    save(3)
    fs.writeFileSync(path.join(folder, 'state', file), content)
    expect(restoredStep).toThrow(message)
  })

  it('saves float32 and int32 variables and refuses others', async () => {
    const whole = tf.variable(tf.tensor1d([2 ** 24 + 1], 'int32'))
    expect((await readVariables(new Map([['whole', whole]]))).get('whole')).toEqual({
      dtype: 'I32',
      shape: [1],
      data: Int32Array.of(2 ** 24 + 1),
    })
    const flag = tf.variable(tf.tensor1d([true], 'bool'))
    await expect(readVariables(new Map([['flag', flag]]))).rejects.toThrow('flag of dtype bool cannot be saved')
  })
})
