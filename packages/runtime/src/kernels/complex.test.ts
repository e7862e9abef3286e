import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { tf } from '../tf.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe('complex numbers', () => {
  it('are read as pairs, and nothing is left of them', () => {
    const before = [tf.memory().numTensors, tf.backend().numDataIds()]
    tf.tidy(() => {
      const z = tf.complex([1, 2], [3, -4])
      expect([...tf.mul(z, z).dataSync()]).toEqual([-8, 6, -12, -16])
    })
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before)
  })

  it('have absolute values where their squares overflow', () => {
    tf.tidy(() => {
      const [large, zero] = tf.abs(tf.complex([3e30, 0], [4e30, 0])).dataSync() as Float32Array
      expect(Math.abs((large as number) / 5e30 - 1)).toBeLessThan(1e-6)
      expect(zero).toBe(0)
    })
  })

  it('may appear inside compiled functions', () => {
    const power = jit((x: tf.Tensor) => tf.square(tf.abs(tf.spectral.rfft(x))))
    const [x, spectrum] = [tf.tensor1d([1, 0, -1, 0]), [0, 4, 0]]
    for (let call = 0; call < 2; call++) {
      power(x).dataSync().forEach((value, i) => expect(Math.abs(value - (spectrum[i] as number))).toBeLessThan(1e-5))
    }
  })
})
