import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { jit, Random, readSafetensors, tf } from '@parlance/runtime'
import { inference, TrainingContext } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { Linear } from '../layers/linear.js'
import { TransformerEncoderBlock } from '../layers/transformer.js'
import { Module, namedParameters } from '../module.js'
import { AdamW } from '../optimizers/index.js'
import { difference, example, useTestDevice } from '../testing.js'
import { trainingStep } from '../training/training-step.js'
import { loadAdapters, LowRankAdapters, saveAdapters } from './index.js'

let folder: string
beforeAll(useTestDevice)
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'adapters-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

class Pair extends Module {
  readonly first = new Linear({ inputs: 4, outputs: 3, random: new Random(1, 'first') })
  readonly second = new Linear({ inputs: 3, outputs: 2, random: new Random(1, 'second') })

  forward(x: tf.Tensor): tf.Tensor {
    return this.second.forward(tf.tanh(this.first.forward(x)))
  }
}

const random = new Random(5, 'adapters')
const everywhere = { layers: () => true, random }

function setUp(adapters: LowRankAdapters): void {
  let phase = 0
  for (const variable of adapters.parameters().values()) variable.assign(example(variable.shape, phase++) as tf.Tensor)
}

const values = (variables: ReadonlyMap<string, tf.Variable>) =>
  new Map([...variables].map(([name, variable]) => [name, [...variable.dataSync()]]))

describe('LowRankAdapters', () => {
  it('change nothing at first, then by (alpha / rank) B A x', () => {
    const layer = new Pair()
    const x = example([2, 5, 4], 3)
    const before = [...layer.forward(x).dataSync()]
    const own = [...layer.first.forward(x).dataSync()]
    const adapters = new LowRankAdapters(layer, { rank: 2, alpha: 6, ...everywhere })
    expect([...layer.forward(x).dataSync()]).toEqual(before)
    const down = adapters.layers().get('first')?.down as tf.Variable
    expect(Math.max(...down.dataSync().map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(4))
    setUp(adapters)
    const [a, b, input] = ['down', 'up', 'x'].map((of) =>
      of === 'x' ? x.dataSync() : (adapters.parameters().get(`first.adapter.${of}`) as tf.Variable).dataSync(),
    ) as [Float32Array, Float32Array, Float32Array]
    const wanted = own.map((y, i) => {
      const [row, output] = [Math.floor(i / 3), i % 3]
      const low = [0, 1].map((r) => [0, 1, 2, 3].reduce((sum, k) => sum + (a[4 * r + k] as number) * (input[4 * row + k] as number), 0))
      return y + (6 / 2) * ((b[2 * output] as number) * (low[0] as number) + (b[2 * output + 1] as number) * (low[1] as number))
    })
    expect(difference(layer.first.forward(x), wanted)).toBeLessThan(1e-5)
  })

  it('have the right gradients', async () => {
    const layer = new Pair()
    const adapters = new LowRankAdapters(layer, { rank: 2, ...everywhere })
    setUp(adapters)
    const x = example([3, 4], 1)
    expect(await checkGradients(() => layer.forward(x), [...adapters.parameters().values()])).toBeLessThan(1e-3)
  })

  it('learn a change of their rank while the model stays as it is', () => {
    const [model, target] = [new Pair(), new Pair()]
    const change = tf.matMul(example([3, 1], 1) as unknown as tf.Tensor2D, example([1, 4], 2) as unknown as tf.Tensor2D)
    target.first.weight.assign(tf.add(target.first.weight, change))
    const base = values(namedParameters(model))
    const adapters = new LowRankAdapters(model, { rank: 1, layers: (name) => name === 'first', random })
    const parameters = adapters.parameters()
    expect([...parameters.keys()]).toEqual(['first.adapter.down', 'first.adapter.up'])
    expect([...namedParameters(model)].filter(([, { trainable }]) => trainable).map(([name]) => name)).toEqual([...parameters.keys()])
    const loss = (x: tf.Tensor) => ({
      sum: tf.sum(tf.squaredDifference(model.first.forward(x), target.first.forward(x))).asScalar(),
      count: tf.scalar(x.shape[0] as number),
    })
    const step = jit(trainingStep({ parameters, optimizer: new AdamW(parameters, { weightDecay: 0 }), loss }))
    let last = NaN
    for (let i = 1; i <= 300; i++) {
      const x = tf.tensor2d(new Random(1, 'x', i).normal(64), [16, 4])
      const result = step(x, { learningRate: tf.scalar(0.03), step: tf.scalar(i, 'int32') })
      last = (result.sum.dataSync()[0] as number) / 16
      tf.dispose([x, result.sum, result.count, result.gradientNorm])
    }
    expect(last).toBeLessThan(1e-6)
    adapters.merge()
    expect(difference(model.first.weight, [...target.first.weight.dataSync()])).toBeLessThan(1e-3)
    adapters.unmerge()
    for (const [name, before] of base) expect(values(namedParameters(model)).get(name)).toEqual(before)
  })

  it('merge to the same outputs under the same names, and unmerge to the same bits', () => {
    const model = new TransformerEncoderBlock({ width: 8, heads: 2, random: new Random(2, 'block') })
    const x = example([2, 3, 8], 1)
    const names = [...namedParameters(model).keys()]
    const [weights, plain] = [values(namedParameters(model)), [...model.forward(x, inference).dataSync()]]
    const adapters = new LowRankAdapters(model, { rank: 2, layers: (name) => /\.(query|value)$/.test(name), random })
    expect([...adapters.layers().keys()]).toEqual(['attention.query', 'attention.value'])
    setUp(adapters)
    const adapted = [...model.forward(x, inference).dataSync()]
    expect(difference(tf.tensor(adapted), plain)).toBeGreaterThan(0.1)
    adapters.merge()
    adapters.merge()
    expect([...namedParameters(model).keys()]).toEqual(names)
    expect(difference(model.forward(x, inference), adapted)).toBeLessThan(1e-5)
    adapters.unmerge()
    adapters.unmerge()
    const found = values(namedParameters(model))
    for (const [name, before] of weights) expect(found.get(name)).toEqual(before)
    expect([...model.forward(x, inference).dataSync()]).toEqual(adapted)
    adapters.detach()
    expect([...namedParameters(model).keys()]).toEqual(names)
    expect([...namedParameters(model).values()].every(({ trainable }) => trainable)).toBe(true)
    expect([...model.forward(x, inference).dataSync()]).toEqual(plain)
  })

  it('drop their inputs in training, the same for an example in any batch', () => {
    const layer = new Pair()
    const adapters = new LowRankAdapters(layer, { rank: 2, dropout: 0.5, ...everywhere })
    setUp(adapters)
    const x = example([4, 4], 1)
    const contextOf = (examples: number[]) =>
      new TrainingContext({ seed: 1, step: tf.scalar(1, 'int32'), examples: tf.tensor1d(examples, 'int32') })
    const pass = (examples: number[], input: tf.Tensor) =>
      [...adapters.training(contextOf(examples), () => layer.first.forward(input)).dataSync()]
    const all = pass([0, 1, 2, 3], x)
    const adapter = adapters.layers().get('first')
    const own = tf.sub(layer.first.forward(x), adapter?.forward(x) as tf.Tensor)
    const dropped = contextOf([0, 1, 2, 3]).dropout(x, 0.5)
    expect(dropped.dataSync().some((value) => value === 0)).toBe(true)
    expect(difference(tf.add(own, adapter?.forward(dropped) as tf.Tensor), all)).toBeLessThan(1e-5)
    const part = pass([2, 3], tf.slice(x, [2, 0], [2, 4]))
    for (const [i, value] of part.entries()) expect(value).toBeCloseTo(all[6 + i] as number, 5)
    const plain = [...layer.first.forward(x).dataSync()]
    const failing = () => adapters.training(contextOf([0]), () => { throw new Error('stop') })
    expect(failing).toThrow('stop')
    expect([...layer.first.forward(x).dataSync()]).toEqual(plain)
    expect(plain).not.toEqual(all)
  })

  it('are saved alone under the names of PEFT, and load into a fresh model', async () => {
    const [model, other] = [new Pair(), new Pair()]
    const adapters = new LowRankAdapters(model, { rank: 2, alpha: 4, dropout: 0.1, layers: (name) => name === 'second', random })
    setUp(adapters)
    await saveAdapters(adapters, path.join(folder, 'new'))
    const { tensors } = readSafetensors(path.join(folder, 'new', 'adapter_model.safetensors'))
    expect([...tensors].map(([name, { shape }]) => `${name} ${shape.join()}`).sort()).toEqual([
      'base_model.model.second.lora_A.weight 2,3',
      'base_model.model.second.lora_B.weight 2,2',
    ])
    const config: unknown = JSON.parse(fs.readFileSync(path.join(folder, 'new', 'adapter_config.json'), 'utf8'))
    expect(config).toEqual({
      peft_type: 'LORA', r: 2, lora_alpha: 4, lora_dropout: 0.1, target_modules: ['second'], bias: 'none',
    })
    const loaded = loadAdapters(other, path.join(folder, 'new'))
    expect(loaded.settings).toEqual({ rank: 2, alpha: 4, dropout: 0.1 })
    expect(values(loaded.parameters())).toEqual(values(adapters.parameters()))
    const x = example([3, 4], 1)
    expect([...other.forward(x).dataSync()]).toEqual([...model.forward(x).dataSync()])
  })

  it('say what does not fit', async () => {
    const model = new Pair()
    expect(() => new LowRankAdapters(model, { rank: 2, layers: () => false, random })).toThrow(
      "No layer for an adapter: none of the model's 2 Linear layers (first, second …) is meant.",
    )
    expect(() => new LowRankAdapters(model, { rank: 0, ...everywhere })).toThrow('rank of an adapter must be a whole number')
    expect(() => new LowRankAdapters(model, { rank: 1, dropout: 1, ...everywhere })).toThrow('less than 1, got 1')
    const adapters = new LowRankAdapters(model, { rank: 2, ...everywhere })
    expect(() => new LowRankAdapters(model, { rank: 2, ...everywhere })).toThrow('first has an adapter already')
    await saveAdapters(adapters, folder)
    adapters.detach()
    expect(() => loadAdapters(new Linear({ inputs: 4, outputs: 3, random }), folder)).toThrow('No layer for an adapter')
    class Other extends Module {
      readonly first = new Linear({ inputs: 4, outputs: 5, random })
      readonly third = new Linear({ inputs: 4, outputs: 5, random })
    }
    const other = new Other()
    expect(() => loadAdapters(other, folder)).toThrow(/no layer for base_model\.model\.second\.lora_A\.weight: the adapters are of another model/)
    expect(other.first.adapter).toBeUndefined()
    class Wide extends Module {
      readonly first = new Linear({ inputs: 4, outputs: 5, random })
      readonly second = new Linear({ inputs: 3, outputs: 2, random })
    }
    expect(() => loadAdapters(new Wide(), folder)).toThrow(/first\.lora_B\.weight has shape \[3, 2\], the model and the rank need \[5, 2\]/)
    const config = path.join(folder, 'adapter_config.json')
    const write = (changes: object) =>
      fs.writeFileSync(config, JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 4, ...changes }))
    write({ use_dora: true })
    expect(() => loadAdapters(model, folder)).toThrow('adapters with use_dora are not supported')
    write({ r: 'two' })
    expect(() => loadAdapters(model, folder)).toThrow('r, lora_alpha and lora_dropout must be numbers')
    write({ peft_type: 'IA3' })
    expect(() => loadAdapters(model, folder)).toThrow('is not the config of low-rank adapters')
    expect(() => loadAdapters(model, path.join(folder, 'none'))).toThrow('there is no such file')
  })
})
