import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/transformer.json' with { type: 'json' }
import { inference } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { loadParameters, type Module, namedParameters, type ParameterValues } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import type { KeyValue } from './attention.js'
import { causalMask, paddingMask } from './masks.js'
import { TransformerDecoderBlock, TransformerEncoderBlock } from './transformer.js'

beforeAll(useTestDevice)

interface Values {
  shape: number[]
  data: number[]
}
const random = new Random(1)
const small = { width: 4, heads: 2, hidden: 6, random }

/** Where PyTorch keeps what is called differently here: each name stands for its `.weight` and `.bias`. */
const ENCODER = { attention: 'self_attn', attentionNorm: 'norm1', feedForwardNorm: 'norm2' }
const DECODER = {
  selfAttention: 'self_attn',
  selfAttentionNorm: 'norm1',
  crossAttention: 'multihead_attn',
  crossAttentionNorm: 'norm2',
  feedForwardNorm: 'norm3',
}

function loadPyTorch(block: Module, given: Record<string, Values>, names: Record<string, string>): void {
  const values = new Map<string, ParameterValues>()
  const put = (name: string, shape: number[], data: number[]): void => {
    values.set(name, { shape, data: Float32Array.from(data) })
  }
  const get = (name: string): Values => given[name] as Values
  for (const kind of ['weight', 'bias']) {
    for (const [ours, theirs] of Object.entries(names)) {
      if (theirs.startsWith('norm')) {
        put(`${ours}.${kind}`, get(`${theirs}.${kind}`).shape, get(`${theirs}.${kind}`).data)
        continue
      }
      const { shape, data } = get(`${theirs}.in_proj_${kind}`)
      const third = data.length / 3
      for (const [i, part] of ['query', 'key', 'value'].entries()) {
        put(`${ours}.${part}.${kind}`, [(shape[0] as number) / 3, ...shape.slice(1)], data.slice(i * third, (i + 1) * third))
      }
      const output = get(`${theirs}.out_proj.${kind}`)
      put(`${ours}.output.${kind}`, output.shape, output.data)
    }
    put(`feedForward.input.${kind}`, get(`linear1.${kind}`).shape, get(`linear1.${kind}`).data)
    put(`feedForward.output.${kind}`, get(`linear2.${kind}`).shape, get(`linear2.${kind}`).data)
  }
  loadParameters(block, values)
}

describe('TransformerEncoderBlock', () => {
  it.each(['pre', 'post'] as const)('agrees with PyTorch: %s-norm, ReLU and GELU', (norm) => {
    const { parameters, x, keep, outputs } = fixture.encoder
    for (const activation of ['relu', 'gelu'] as const) {
      const block = new TransformerEncoderBlock({ ...small, norm, activation })
      loadPyTorch(block, parameters, ENCODER)
      const y = block.forward(tf.tensor(x.data, x.shape), inference, paddingMask(tf.tensor(keep, [2, 3])))
      expect(difference(y, outputs[`${norm}-${activation}`].data)).toBeLessThan(1e-5)
    }
  })

  it('gives step by step, with a cache, what it gives at once', () => {
    const block = new TransformerEncoderBlock(small)
    const x = example([2, 3, 4])
    const whole = block.forward(x, inference, causalMask(3)).dataSync()
    let cache: KeyValue | undefined
    const outputs = tf.split(x, 3, 1).map((position) => {
      const step = block.step(position as tf.Tensor, cache, inference)
      cache = step.cache
      return step.output
    })
    expect(difference(tf.concat(outputs, 1), [...whole])).toBeLessThan(1e-6)
  })

  it.each(['pre', 'post'] as const)('has gradients that agree with differences: %s-norm', async (norm) => {
    const block = new TransformerEncoderBlock({ ...small, norm })
    const x = example([2, 3, 4])
    const variables = [x, ...namedParameters(block).values()]
    expect(await checkGradients(() => block.forward(x, inference, causalMask(3)), variables)).toBeLessThan(1e-3)
  })

  it('leaves nothing behind in a tidy', () => {
    const block = new TransformerEncoderBlock(small)
    const x = example([2, 3, 4])
    const before = tf.memory().numTensors
    const y = tf.tidy(() => block.forward(x, inference, causalMask(3)))
    expect(tf.memory().numTensors).toBe(before + 1)
    y.dispose()
  })
})

describe('TransformerDecoderBlock', () => {
  const memoryMask = (): tf.Tensor => paddingMask(tf.tensor(fixture.decoder.keep, [2, 4]))

  function fromFixture(): { block: TransformerDecoderBlock; x: tf.Tensor; memory: tf.Tensor } {
    const { parameters, x, memory } = fixture.decoder
    const block = new TransformerDecoderBlock({ ...small, norm: 'post', activation: 'relu' })
    loadPyTorch(block, parameters, DECODER)
    return { block, x: tf.tensor(x.data, x.shape), memory: tf.tensor(memory.data, memory.shape) }
  }

  it('agrees with PyTorch, at once and step by step', () => {
    const { block, x, memory } = fromFixture()
    const whole = block.forward(x, memory, inference, causalMask(3), memoryMask())
    expect(difference(whole, fixture.decoder.output.data)).toBeLessThan(1e-5)
    const keyValue = block.memory(memory)
    let cache: KeyValue | undefined
    const outputs = tf.split(x, 3, 1).map((position) => {
      const step = block.step(position, cache, keyValue, inference, undefined, memoryMask())
      cache = step.cache
      return step.output
    })
    expect(difference(tf.concat(outputs, 1), fixture.decoder.output.data)).toBeLessThan(1e-5)
  })

  it('rejects inputs of another width', () => {
    const { block } = fromFixture()
    expect(() => block.feedForward.forward(tf.zeros([2, 2, 6]))).toThrow('FeedForward was built for inputs of width 4, got 6')
  })

  it('has gradients that agree with differences', async () => {
    const block = new TransformerDecoderBlock(small)
    const x = example([2, 2, 4])
    const memory = example([2, 3, 4], 1)
    const variables = [x, memory, ...namedParameters(block).values()]
    const run = (): tf.Tensor => block.forward(x, memory, inference, causalMask(2))
    expect(await checkGradients(run, variables)).toBeLessThan(1e-3)
  })
})
