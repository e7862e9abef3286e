import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { tf } from '../tf.js'
import { checkpoint } from './checkpoint.js'
import { timesOf } from './explain.js'
import { jit } from './jit.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

afterEach(() => tf.disposeVariables())

const kernel = (operator: string, provider: string, dur: number, ts = 0) => ({
  cat: 'Node', name: `node_${operator}_kernel_time`, ts, dur, args: { op_name: operator, provider },
})

describe('jit.explain', () => {
  it('tells operators, bytes and times, and leaves state and traces alone', () => {
    const w = tf.variable(tf.ones([64, 64]))
    const step = jit((x: tf.Tensor2D) => {
      const y = tf.matMul(x, w as tf.Tensor as tf.Tensor2D)
      w.assign(tf.add(w, 1) as tf.Tensor2D)
      return tf.sum(tf.exp(tf.matMul(y, w as tf.Tensor as tf.Tensor2D)))
    })
    const x = tf.zeros([32, 64]) as tf.Tensor2D
    const tensors = tf.memory().numTensors
    const explained = jit.explain(step, x)
    expect([w.dataSync()[0], step.traces, tf.memory().numTensors]).toEqual([1, 0, tensors])
    const counts = Object.fromEntries(explained.operators.map(({ operator, nodes }) => [operator, nodes]))
    expect(counts).toEqual({ Gemm: 2, Add: 1, Exp: 1, ReduceSum: 1 })
    expect([explained.device, explained.nodes, explained.recorded, explained.offDevice]).toEqual(['cpu', 5, 5, []])
    const { constants, ...bytes } = explained.bytes
    // The most: y (8 KiB), the new w (16 KiB) and what the second product gives (8 KiB).
    expect(bytes).toEqual({ arguments: 8192, variables: 16384, spares: 16384, results: 4, peak: 32768 })
    expect(constants).toBeLessThan(2000)
    const sum = explained.operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    expect(sum).toBeGreaterThan(0)
    expect(sum).toBeLessThanOrEqual(explained.milliseconds)
    expect(String(explained)).toMatch(/^5 nodes on cpu, of 5 recorded; none of them left it\n.* ms a run; recorded in .*\n\noperator +device +nodes +ms +share\n/s)
  })

  it('takes functions that are not compiled yet, and says that it needs our backend', async () => {
    expect(jit.explain((x: tf.Tensor) => tf.abs(x), tf.zeros([2])).operators.map(({ operator }) => operator)).toEqual(['Abs'])
    expect(() => jit.explain((x: tf.Tensor) => x.dataSync(), tf.zeros([2]))).toThrow('A tensor was read')
    const outer = jit((x: tf.Tensor) => tf.mul(x, jit.explain(tf.neg as (x: tf.Tensor) => tf.Tensor, x).nodes))
    expect(() => outer(tf.zeros([2]))).toThrow('jit.explain and inferenceGraph cannot be called inside a function that is being traced')
    await tf.setBackend('cpu')
    expect(() => jit.explain((x: tf.Tensor) => x, tf.zeros([2]))).toThrow("Only what runs in ONNX Runtime can be explained; the backend is 'cpu'")
    await tf.setBackend('onnx')
  })

  it('shows that a checkpointed block is computed twice, and takes less at a time', () => {
    const weights = Array.from({ length: 6 }, () => tf.variable(tf.fill([16, 16], 0.1)))
    const explain = (wrap: typeof checkpoint) =>
      jit.explain((x: tf.Tensor) => {
        const loss = () => {
          let y = x
          for (const w of weights) {
            y = wrap((y: tf.Tensor) => tf.sin(tf.tanh(tf.exp(tf.matMul(y as tf.Tensor2D, w as tf.Tensor as tf.Tensor2D)))))(y)
          }
          return tf.sum(y) as tf.Scalar
        }
        return Object.values(tf.variableGrads(loss, weights).grads)
      }, tf.ones([1024, 16]))
    const [plain, wrapped] = [explain((fn) => fn), explain(checkpoint)]
    const tanhs = ({ operators }: typeof plain) => operators.find(({ operator }) => operator === 'Tanh')?.nodes
    // The gradient of the last block begins at once: its copy is merged with the original.
    expect([tanhs(plain), tanhs(wrapped)]).toEqual([6, 11])
    expect(wrapped.bytes.peak).toBeLessThan(0.7 * plain.bytes.peak)
  })

  it('averages all runs but the first, and names what left the device', () => {
    const run = { cat: 'Session', name: 'model_run', ts: 0, dur: 0 }
    const events = [
      kernel('Gemm', 'WebGpuExecutionProvider', 9000), { ...run, dur: 20_000 },
      kernel('Gemm', 'WebGpuExecutionProvider', 1000), kernel('NonZero', 'CPUExecutionProvider', 3000), { ...run, dur: 5000 },
      { ...kernel('Gemm', '', 1), name: 'node_fence_before' },
      kernel('Gemm', 'WebGpuExecutionProvider', 2000), kernel('NonZero', 'CPUExecutionProvider', 5000), { ...run, dur: 8000 },
    ]
    expect(timesOf(events)).toEqual({
      milliseconds: 6.5,
      operators: [
        { operator: 'NonZero', device: 'cpu', nodes: 1, milliseconds: 4 },
        { operator: 'Gemm', device: 'webgpu', nodes: 1, milliseconds: 1.5 },
      ],
    })
  })

  it('counts what a loop repeats once, for the operators in it', () => {
    const cpu = 'CPUExecutionProvider'
    const run = { cat: 'Session', name: 'model_run', ts: 0, dur: 9000 }
    const loop = [kernel('Gemm', cpu, 1000, 110), kernel('Gemm', cpu, 2000, 1110), kernel('Scan', cpu, 4000, 100), kernel('Add', cpu, 500, 4200)]
    expect(timesOf([run, ...loop, run]).operators).toEqual([
      { operator: 'Gemm', device: 'cpu', nodes: 2, milliseconds: 3 },
      { operator: 'Scan', device: 'cpu', nodes: 1, milliseconds: 1 },
      { operator: 'Add', device: 'cpu', nodes: 1, milliseconds: 0.5 },
    ])
  })
})
