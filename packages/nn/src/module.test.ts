import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { Linear } from './layers/linear.js'
import { loadParameters, Module, namedParameters, parameter, parameterCount, type ParameterValues } from './module.js'
import { useTestDevice } from './testing.js'

class Pair extends Module {
  readonly layers: Linear[]
  readonly tied: tf.Variable
  constructor() {
    super()
    this.layers = ['a', 'b'].map((name) => new Linear({ inputs: 2, outputs: 3, random: new Random(1, name) }))
    this.tied = (this.layers[0] as Linear).weight
  }
}

function values(module: Module): Map<string, ParameterValues> {
  return new Map(
    [...namedParameters(module)].map(([name, { shape, size }]) => [name, { shape, data: new Float32Array(size).fill(7) }]),
  )
}

beforeAll(useTestDevice)

describe('parameters', () => {
  it('have dotted names in order of construction, a tied one once', () => {
    const pair = new Pair()
    expect([...namedParameters(pair).keys()]).toEqual([
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
      'layers.1.bias',
    ])
    expect(parameterCount(pair)).toBe(2 * (6 + 3))
  })

  it('are freed by dispose and leave nothing behind', () => {
    const before = tf.memory().numTensors
    const pair = new Pair()
    expect(tf.memory().numTensors).toBe(before + 4)
    pair.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are loaded by name, without a leak', () => {
    const pair = new Pair()
    const before = tf.memory().numTensors
    loadParameters(pair, values(pair))
    expect(tf.memory().numTensors).toBe(before)
    for (const variable of namedParameters(pair).values()) expect(new Set(variable.dataSync())).toEqual(new Set([7]))
  })

  it('say in one error what is missing, unknown and misshapen, and stay as they were', () => {
    const pair = new Pair()
    const given = values(pair)
    given.delete('layers.0.bias')
    given.set('layers.1.weight', { shape: [2, 3], data: new Float32Array(6) })
    given.set('head.weight', { shape: [1], data: new Float32Array(1) })
    const before = pair.tied.dataSync().slice()
    expect(() => loadParameters(pair, given)).toThrow(
      'layers.0.bias is missing (wanted shape [3]); layers.1.weight has shape [2, 3], wanted [3, 2]; ' +
        'head.weight is not a parameter of this model. Build',
    )
    expect(pair.tied.dataSync()).toEqual(before)
  })

  it('reject values that do not fill their shape', () => {
    expect(() => parameter(new Float32Array(5), [2, 3])).toThrow('shape [2, 3] needs 6 values, got 5')
    const pair = new Pair()
    const given = values(pair).set('layers.0.bias', { shape: [3], data: new Float32Array(2) })
    expect(() => loadParameters(pair, given)).toThrow('layers.0.bias has 2 values, wanted 3')
  })
})
