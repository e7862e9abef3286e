import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { availability } from '../devices/availability.js'
import { tf } from '../tf.js'
import { gatherRows } from './device-tensor.js'
import { GraphSession } from './graph-session.js'
import { inferenceGraph } from './inference-graph.js'

let doubling: Uint8Array

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  const graph = inferenceGraph(({ x }) => ({ y: tf.mul(x as tf.Tensor, 2), z: tf.add(x as tf.Tensor, 1) }), { x: { shape: ['N', 2], dtype: 'float32' } })
  doubling = graph.toOnnx('embedded')
})

describe('GraphSession', () => {
  it('keeps on the host, on the CPU, also what may stay on a device', () => {
    const session = GraphSession.load(doubling, { threads: 1, device: 'cpu', stays: (name) => name === 'y' })
    const { y, z } = session.run({ x: { data: Float32Array.of(1, 2), shape: [1, 2] } })
    expect([y, z]).toEqual([{ data: Float32Array.of(2, 4), shape: [1, 2] }, { data: Float32Array.of(2, 3), shape: [1, 2] }])
    expect(session.device).toBe('cpu')
    session.dispose()
  })

  it('takes the devices that graphs compute on, by name', () => {
    expect(() => GraphSession.load(doubling, { device: 'tpu' as 'cpu' })).toThrow("There is no device 'tpu': use one of auto, cuda, webgpu, cpu.")
    expect(() => GraphSession.load(doubling, { device: 'wasm' as 'cpu' })).toThrow("There is no device 'wasm': use one of auto, cuda, webgpu, cpu.")
    const found = GraphSession.load(doubling, { device: 'auto', threads: 1 })
    expect(['cuda', 'webgpu', 'cpu']).toContain(found.device)
    found.dispose()
  })

  it('says what is missing for a device that cannot be had', ({ skip }) => {
    const { available, missing } = availability('cuda')
    if (available) skip('this machine has CUDA')
    expect(() => GraphSession.load(doubling, { device: 'cuda' })).toThrow(`The device 'cuda' cannot be had: ${missing}.`)
  })
})

describe('gatherRows', () => {
  it('takes rows along the first axis, some more than once, of any type', () => {
    const x = { data: Int32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 1, 2] }
    expect(gatherRows(x, Int32Array.of(2, 0, 2))).toEqual({ data: Int32Array.of(5, 6, 1, 2, 5, 6), shape: [3, 1, 2] })
    expect(gatherRows(x, new Int32Array(0))).toEqual({ data: new Int32Array(0), shape: [0, 1, 2] })
    const empty = { data: new Float32Array(0), shape: [2, 0] }
    expect(gatherRows(empty, Int32Array.of(1, 1, 0))).toEqual({ data: new Float32Array(0), shape: [3, 0] })
  })
})
