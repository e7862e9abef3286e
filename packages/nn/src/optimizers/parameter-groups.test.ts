import { beforeAll, describe, expect, it } from 'vitest'
import { tf } from '@parlance/runtime'
import { example, useTestDevice } from '../testing.js'
import { AdamW, ParameterGroups, SGD } from './index.js'

beforeAll(useTestDevice)

const make = () => new Map([['embedding', example([3, 2])], ['head.weight', example([2, 2], 1)], ['head.bias', example([2], 2)]])
const gradientsAt = (step: number) => new Map([...make()].map(([name, { shape }]) => [name, example(shape, step + 5) as tf.Tensor]))
const at = (step: number) => [tf.scalar(0.1), tf.scalar(step, 'int32')] as const

describe('ParameterGroups', () => {
  it('is one optimizer for each group, with its share of the rate', () => {
    const [grouped, apart] = [make(), make()]
    const groups = new ParameterGroups(grouped, {
      embeddings: { filter: (name) => name === 'embedding', optimizer: (of) => new SGD(of, { momentum: 0.9 }), rate: 0.5 },
      vectors: { filter: (_, { rank }) => rank < 2, optimizer: (of) => new SGD(of), rate: 0 },
      rest: { filter: () => true, optimizer: (of) => new AdamW(of) },
    })
    expect([...groups.state().keys()]).toEqual([
      'embeddings.momentum.embedding', 'rest.first_moment.head.weight', 'rest.second_moment.head.weight',
    ])
    const pick = (name: string) => new Map([[name, apart.get(name) as tf.Variable]])
    const [sgd, adam] = [new SGD(pick('embedding'), { momentum: 0.9 }), new AdamW(pick('head.weight'))]
    for (let step = 1; step <= 3; step++) {
      const gradients = gradientsAt(step)
      groups.apply(gradients, ...at(step))
      sgd.apply(new Map([['embedding', gradients.get('embedding') as tf.Tensor]]), tf.scalar(0.05))
      adam.apply(new Map([['head.weight', gradients.get('head.weight') as tf.Tensor]]), ...at(step))
    }
    for (const [name, variable] of apart) expect(grouped.get(name)?.dataSync()).toEqual(variable.dataSync())
  })

  it('says which parameter or group is left out', () => {
    const group = { filter: (name: string) => name.startsWith('head'), optimizer: (of: ReadonlyMap<string, tf.Variable>) => new SGD(of) }
    expect(() => new ParameterGroups(make(), { head: group })).toThrow('embedding belongs to none of the groups head: add one')
    const all = { ...group, filter: () => true }
    expect(() => new ParameterGroups(make(), { all, head: group })).toThrow('No parameter belongs to group head: check its filter')
    expect(() => new ParameterGroups(make(), { all: { ...all, rate: -1 } })).toThrow('rate of group all must be 0 or more, got -1')
    const groups = new ParameterGroups(make(), { all })
    expect(() => groups.apply(new Map([['other', tf.scalar(1)]]), ...at(1))).toThrow('There is a gradient for other')
  })
})
