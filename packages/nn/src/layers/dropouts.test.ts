import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Forward, inference, TrainingContext } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { example, useTestDevice } from '../testing.js'
import { embeddingDropout, stochasticDepth, variationalDropout } from './dropouts.js'
import { Embedding } from './embedding.js'

beforeAll(useTestDevice)

const context = (step: number, examples = [0, 1]): TrainingContext =>
  new TrainingContext({ seed: 1, step: tf.scalar(step, 'int32'), examples: tf.tensor1d(examples, 'int32') })

const rate = 0.25
const table = (): Embedding => {
  const embedding = new Embedding({ entries: 50, width: 3, random: new Random(1) })
  embedding.weight.assign(tf.ones([50, 3]))
  return embedding
}
let rows: Embedding | undefined
/** The same table each time: made outside of traces. */
const sharedTable = (): Embedding => (rows ??= table())
const ids = (): tf.Tensor => tf.tensor2d(Array.from({ length: 100 }, (_, i) => i % 50), [2, 50], 'int32')

interface Kind {
  name: string
  /** Drops from ones. */
  drop: (context: Forward) => tf.Tensor
  /** Which values share their fate, from their indices. */
  group: (...at: number[]) => string
  shape: number[]
}
const kinds: Kind[] = [
  { name: 'variationalDropout over time', drop: (c) => variationalDropout(tf.ones([2, 4, 40]), rate, c), group: (n, _, c) => `${n} ${c}`, shape: [2, 4, 40] },
  { name: 'variationalDropout of an image', drop: (c) => variationalDropout(tf.ones([2, 2, 3, 40]), rate, c), group: (n, _, __, c) => `${n} ${c}`, shape: [2, 2, 3, 40] },
  { name: 'stochasticDepth', drop: (c) => stochasticDepth(tf.ones([2, 4, 3]), rate, c), group: (n) => `${n}`, shape: [2, 4, 3] },
  { name: 'embeddingDropout', drop: (c) => embeddingDropout(sharedTable(), ids(), rate, c), group: (_, t) => `${t}`, shape: [2, 50, 3] },
]

describe.each(kinds)('$name', ({ drop, group, shape }) => {
  /** The value of each group of one mask; throws where a group has two. */
  function groups(values: Float32Array | Int32Array | Uint8Array): Map<string, number> {
    const found = new Map<string, number>()
    for (const [i, value] of values.entries()) {
      let rest = i
      const at = [...shape].reverse().map((length) => {
        const index = rest % length
        rest = Math.floor(rest / length)
        return index
      })
      const name = group(...at.reverse())
      if (found.has(name) && found.get(name) !== value) throw new Error(`${name} is ${found.get(name)} and ${value}`)
      found.set(name, value)
    }
    return found
  }

  it('drops or keeps whole groups, the share asked for, scaled to keep the mean', () => {
    let [dropped, count] = [0, 0]
    for (let step = 1; step <= 200; step++) {
      for (const value of groups(drop(context(step)).dataSync()).values()) {
        count++
        if (value === 0) dropped++
        else expect(value).toBeCloseTo(1 / (1 - rate), 5)
      }
    }
    expect(Math.abs(dropped - rate * count)).toBeLessThan(4 * Math.sqrt(count * rate * (1 - rate))) // four deviations
  })

  it('repeats a mask for the same step and draws another for the next, also traced', () => {
    const traced = jit((step: tf.Tensor) =>
      drop(new TrainingContext({ seed: 1, step, examples: tf.tensor1d([0, 1], 'int32') })),
    )
    const at = (step: number): string => drop(context(step)).dataSync().join()
    const tracedAt = (step: number): string => traced(tf.scalar(step, 'int32')).dataSync().join()
    const steps = Array.from({ length: 20 }, (_, i) => i + 1)
    const masks = steps.map(at)
    expect(steps.map(at)).toEqual(masks)
    expect(steps.map(tracedAt)).toEqual(masks)
    expect(traced.traces).toBe(1)
    expect(new Set(masks).size).toBeGreaterThan(2)
    traced.dispose()
  })

  it('does nothing in inference', () => {
    expect(new Set(drop(inference).dataSync())).toEqual(new Set([1]))
  })
})

describe('dropouts', () => {
  it('do not depend on how the batch is split; rows of a table are dropped for all examples alike', () => {
    const drop = (examples: number[], values: number): number[] => [
      ...variationalDropout(tf.ones([values, 2, 20]), rate, context(3, examples)).dataSync(),
    ]
    expect(drop([0, 1], 2).slice(40)).toEqual(drop([1], 1))
    const rows = (examples: number[]): number[] => [...embeddingDropout(sharedTable(), ids(), rate, context(3, examples)).dataSync()]
    expect(rows([0, 1])).toEqual(rows([5, 6]))
  })

  it('have gradients that agree with differences', async () => {
    const x = example([2, 3, 4])
    expect(await checkGradients(() => variationalDropout(x, rate, context(1)), [x])).toBeLessThan(1e-3)
    expect(await checkGradients(() => tf.add(x, stochasticDepth(tf.square(x), rate, context(2))), [x])).toBeLessThan(1e-3)
    const embedding = table()
    const lookUp = (): tf.Tensor => embeddingDropout(embedding, ids(), rate, context(1))
    expect(await checkGradients(lookUp, [embedding.weight])).toBeLessThan(1e-3)
  })

  it('reject what they cannot drop from', () => {
    expect(() => variationalDropout(tf.ones([2, 3]), rate, context(1))).toThrow('(N, …, C), three or more, got shape [2, 3]')
    expect(() => stochasticDepth(tf.ones([2, 3]), 1, context(1))).toThrow('at least 0 and less than 1, got 1')
  })
})
