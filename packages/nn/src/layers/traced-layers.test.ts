import { inferenceGraph, type InferenceGraph, iota, jit, Random, tf } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Forward, inference, TrainingContext } from '../forward.js'
import { gradients } from '../training/gradients.js'
import { Module, namedParameters } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import { type KeyValue, MultiHeadAttention } from './attention.js'
import { BatchNorm } from './batch-norm.js'
import { DepthwiseConv1d } from './depthwise.js'
import { stochasticDepth, variationalDropout } from './dropouts.js'
import { GatedFeedForward, glu } from './gating.js'
import { GroupNorm } from './group-norm.js'
import { GRU } from './gru.js'
import { Linear } from './linear.js'
import { causalMask, lengthMask, paddingMask } from './masks.js'
import { maskedMax, maskedMean } from './pooling.js'
import { RelativeAttention } from './relative-attention.js'
import { alibi, RelativePositionBias } from './relative-positions.js'
import { rotaryPositions } from './rotary.js'
import { WeightNormConv1d } from './weight-norm.js'

beforeAll(useTestDevice)

const random = (name: string): Random => new Random(1, name)

/** A Conformer-like encoder of padded frames (N, T, 4): a layer of every kind. */
class Encoder extends Module {
  readonly input = new WeightNormConv1d({ inputs: 4, outputs: 4, kernel: 3, padding: 'causal', random: random('input') })
  readonly attention = new RelativeAttention({ width: 4, heads: 2, dropout: 0.2, random: random('attention') })
  readonly expand = new Linear({ inputs: 4, outputs: 8, random: random('expand') })
  readonly depthwise = new DepthwiseConv1d({ channels: 4, kernel: 3, padding: 'same', random: random('depthwise') })
  readonly norm = new BatchNorm({ width: 4 })
  readonly group = new GroupNorm({ width: 4, groups: 2 })
  readonly feedForward = new GatedFeedForward({ width: 4, hidden: 6, random: random('feedForward') })

  forward(x: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const keep = lengthMask(lengths, x.shape[1] as number)
    let y = variationalDropout(this.input.forward(x), 0.3, context)
    y = tf.add(y, stochasticDepth(this.attention.forward(y, context, paddingMask(keep)), 0.3, context))
    const channels = tf.where(tf.cast(tf.expandDims(keep, 2), 'bool'), glu(this.expand.forward(y)), tf.zerosLike(y))
    y = tf.add(y, this.norm.forward(this.depthwise.forward(channels), context, keep))
    y = tf.add(y, this.feedForward.forward(this.group.forward(y, keep)))
    return tf.concat([maskedMean(y, keep), maskedMax(y, keep)], 1)
  }
}

/** The encoder, then recurrent layers over its channels: what has no run-time length. */
class Model extends Module {
  readonly encoder = new Encoder()
  readonly gru = new GRU({ inputs: 4, hidden: 3, bidirectional: true, weightDropout: 0.3, random: random('gru') })

  forward(x: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const { output } = this.gru.forward(x, context, undefined, lengths)
    return tf.concat([this.encoder.forward(x, lengths, context), tf.sum(output, 1)], 1)
  }
}

describe('a traced training pass', () => {
  const pass = () => {
    const model = new Model()
    const trained = new Map([...namedParameters(model)].filter(([, { trainable }]) => trainable))
    const run = (x: tf.Tensor, lengths: tf.Tensor, step: tf.Tensor) =>
      tf.tidy(() => {
        const context = new TrainingContext({ seed: 1, step, examples: tf.tensor1d([0, 1], 'int32') })
        const found = gradients(() => tf.sum(tf.square(model.forward(x, lengths, context))), trained)
        return { loss: found.loss, gradients: [...found.gradients.values()] }
      })
    return { model, run, count: trained.size }
  }

  it('gives the loss, the gradients and the running statistics of the eager one', () => {
    const [eager, other] = [pass(), pass()]
    const traced = jit(other.run)
    const x = example([2, 6, 4])
    for (const [number, lengths] of [[1, [6, 4]], [2, [3, 6]]] as const) {
      const rest = [tf.tensor1d([...lengths], 'int32'), tf.scalar(number, 'int32')] as const
      const [wanted, got] = [eager.run(x, ...rest), traced(x, ...rest)]
      expect(got.gradients.length).toBe(eager.count)
      const [loss] = wanted.loss.dataSync() as Float32Array
      expect(difference(got.loss, [loss as number]) / (loss as number)).toBeLessThan(1e-5)
      for (const [i, gradient] of got.gradients.entries()) {
        const values = [...(wanted.gradients[i] as tf.Tensor).dataSync()]
        const size = Math.max(...values.map(Math.abs))
        expect(difference(gradient, values)).toBeLessThan(1e-4 * Math.max(1, size)) // sums in another order
      }
    }
    expect(traced.traces).toBe(1)
    const variance = [...eager.model.encoder.norm.running_var.dataSync()]
    expect(difference(other.model.encoder.norm.running_var, variance)).toBeLessThan(1e-5)
    traced.dispose()
  })

  it('leaves nothing behind', () => {
    const traced = jit(pass().run)
    const inputs = [example([2, 6, 4]), tf.tensor1d([6, 4], 'int32'), tf.scalar(1, 'int32')] as const
    const run = () => tf.dispose(traced(...inputs) as object as tf.TensorContainer)
    run()
    const before = tf.memory().numTensors
    for (let i = 0; i < 3; i++) run()
    expect(tf.memory().numTensors).toBe(before)
    traced.dispose()
  })
})

/** Runs a graph on tensors. */
function runnerOf(graph: InferenceGraph): (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor> {
  const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
  return (inputs) => {
    const feeds = Object.entries(inputs).map(([name, x]) => [name, { data: x.dataSync() as Float32Array, shape: x.shape }] as const)
    const results = Object.entries(session.run(Object.fromEntries(feeds)))
    return Object.fromEntries(results.map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]))
  }
}

describe('inference graphs', () => {
  it('take an encoder of frames at any length', () => {
    const encoder = new Encoder()
    const run = runnerOf(inferenceGraph(
      ({ x, lengths }) => ({ y: encoder.forward(x as tf.Tensor, lengths as tf.Tensor, inference) }),
      { x: { shape: ['N', 'T', 4], dtype: 'float32' }, lengths: { shape: ['N'], dtype: 'int32' } },
    ))
    for (const [examples, steps] of [[1, 3], [2, 9]] as const) {
      const inputs = { x: example([examples, steps, 4]), lengths: tf.fill([examples], steps - 1, 'int32') }
      const wanted = encoder.forward(inputs.x, inputs.lengths, inference)
      expect(difference(run(inputs).y as tf.Tensor, [...wanted.dataSync()])).toBeLessThan(1e-5)
    }
  })

  it('take a step of a decoder with rotary positions or biases, shared keys and a growing cache', () => {
    const attention = new MultiHeadAttention({ width: 8, heads: 4, keyValueHeads: 2, random: random('decoder') })
    const bias = new RelativePositionBias({ heads: 4, bidirectional: false, random: random('bias') })
    const step = (x: tf.Tensor, places: tf.Tensor, cache: KeyValue) => {
      const [queries, keys] = [x.shape[1] as number, (x.shape[1] as number) + (cache.key.shape[2] as number)]
      const biases = tf.add(bias.forward(queries, keys), alibi(4, queries, keys))
      const mask = tf.add(causalMask(queries, keys), biases)
      const run = attention.step(x, cache, inference, mask, rotaryPositions(places, { width: 2 }))
      return { y: run.output, longerKey: run.cache.key, longerValue: run.cache.value }
    }
    const past = { shape: ['N', 2, 'P', 2], dtype: 'float32' } as const
    const run = runnerOf(inferenceGraph(
      ({ x, places, key, value }) => step(x as tf.Tensor, places as tf.Tensor, { key, value } as KeyValue),
      { x: { shape: ['N', 'T', 8], dtype: 'float32' }, places: { shape: ['T'], dtype: 'int32' }, key: past, value: past },
    ))
    const x = example([2, 5, 8])
    const whole = attention.forward(
      x, inference, tf.add(causalMask(5), tf.add(bias.forward(5), alibi(4, 5))), rotaryPositions(iota(5), { width: 2 }),
    )
    let cache: KeyValue = { key: tf.zeros([2, 2, 0, 2]), value: tf.zeros([2, 2, 0, 2]) }
    const outputs: tf.Tensor[] = []
    let done = 0
    for (const part of tf.split(x, [3, 1, 1], 1)) {
      const places = tf.add(iota(part.shape[1] as number), tf.scalar(done, 'int32'))
      const { y, longerKey, longerValue } = run({ x: part, places, ...cache })
      outputs.push(y as tf.Tensor)
      cache = { key: longerKey, value: longerValue } as KeyValue
      done += part.shape[1] as number
    }
    expect(difference(tf.concat(outputs, 1), [...whole.dataSync()])).toBeLessThan(1e-5)
  })
})
