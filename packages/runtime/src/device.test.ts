import { afterAll, describe, expect, it } from 'vitest'
import { iota, jit, gelu, layerNorm, dropout, OutOfMemoryError, tf, useDevice, type DeviceName } from './index.js'

afterAll(() => tf.disposeVariables())

describe('useDevice', () => {
  it('names the devices there are when asked for another', async () => {
    await expect(useDevice('gpu' as DeviceName)).rejects.toThrow(
      "There is no device 'gpu': use one of auto, cuda, webgpu, cpu, wasm, tensorflow.",
    )
  })

  it('rejects a number of threads that is none', async () => {
    await expect(useDevice('cpu', { threads: 1.5 })).rejects.toThrow('The number of threads must be a whole number of 1 or more, got 1.5.')
  })

  it('says what is missing for a device that cannot be had, and what to do', async () => {
    await expect(useDevice('tensorflow')).rejects.toThrow(/^The device 'tensorflow' cannot be had: .* npm install @tensorflow\/tfjs-node\.$/)
  })

  it('takes a device by itself, and says which and why not those before it', async () => {
    const { device, passedOver } = await useDevice('auto')
    const order = ['cuda', 'webgpu', 'cpu', 'wasm']
    expect(passedOver?.map((skipped) => skipped.device)).toEqual(order.slice(0, order.indexOf(device)))
    for (const { because } of passedOver ?? []) expect(because).toMatch(/\w/)
  })
})

describe('another device', () => {
  it('keeps tensors and variables, and traces compiled functions anew', async () => {
    await useDevice('cpu', { threads: 1 })
    const w = tf.variable(tf.tensor1d([1, 2]))
    const step = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, x) as tf.Tensor1D)
      return tf.sum(w)
    })
    const x = tf.tensor1d([10, 20])
    expect(step(x).dataSync()[0]).toBe(33)
    await useDevice('wasm')
    expect(tf.getBackend()).toBe('wasm')
    expect(step(x).dataSync()[0]).toBe(63)
    await useDevice('cpu', { threads: 1 })
    expect([step(x).dataSync()[0], [...w.dataSync()]]).toEqual([93, [31, 62]])
  })

  it('wasm computes our operations by those of its own, gradients too, as cpu does', async () => {
    const compute = (): Float32Array[] => {
      const x = tf.tensor2d([[0.5, -1, 2], [3, -0.25, 1]])
      const [weight, bias] = [tf.tensor1d([1, 2, 0.5]), tf.tensor1d([0.1, 0, -1])]
      const key = { seed: 5, step: tf.scalar(3, 'int32'), examples: tf.tensor1d([7, 9], 'int32') }
      const loss = (x: tf.Tensor, weight: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(dropout(gelu(layerNorm(x, weight, bias, 1e-5)), 0.4, key, 2), tf.cast(iota(3), 'float32')))
      const { value, grads } = tf.valueAndGrads(loss)([x, weight])
      return [value, ...grads].map((t) => t.dataSync() as Float32Array)
    }
    await useDevice('cpu', { threads: 1 })
    const wanted = compute()
    await useDevice('wasm')
    const got = compute()
    await useDevice('cpu', { threads: 1 })
    got.forEach((values, i) => values.forEach((value, j) => expect(Math.abs(value - (wanted[i]?.[j] as number))).toBeLessThan(1e-5)))
  })
})

describe('memory that does not suffice', () => {
  it('is an error that says how much, after which all goes on', async () => {
    await useDevice('cpu', { threads: 1 })
    const x = tf.ones([300_000, 1])
    // 360 GB between two operators.
    const step = jit((x: tf.Tensor) => tf.sum(tf.exp(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true))))
    expect(() => step(x)).toThrow(OutOfMemoryError)
    expect(() => step(x)).toThrow(/^Out of memory: 34[\d,]+ MiB more could not be allocated\. Make the batch or the shapes smaller/)
    expect(tf.sum(x).dataSync()[0]).toBe(300_000)
  })

  it('of a result is an error too', async () => {
    await useDevice('cpu', { threads: 1 })
    const x = tf.ones([2 ** 20, 1])
    const product = tf.matMul(x, x, false, true)
    expect(() => product.dataSync()).toThrow(/^Out of memory: a tensor of 1,099,511,627,776 elements of float32 could not be allocated/)
    product.dispose()
    expect(tf.sum(x).dataSync()[0]).toBe(2 ** 20)
  })
})
