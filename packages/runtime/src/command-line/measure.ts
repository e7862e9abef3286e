/** How fast a device multiplies matrices and moves memory. */
import { type DeviceInfo, type DeviceName, useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { Random } from '../random.js'
import { tf } from '../tf.js'

export interface Measurements extends DeviceInfo {
  /** float32 products of square matrices: the median rate in GFLOP/s, a multiplication and an addition being two. */
  products: readonly { size: number; gflops: number }[]
  /** An addition over a large tensor: its bytes read and written, the median in GB/s. */
  bandwidth: { megabytes: number; gigabytesPerSecond: number }
}

const SECONDS_EACH = 3
const SIZES = { host: [512, 1024], chip: [1024, 4096] } as const
const CHAINED = 8
/** Elements of what is read and written, well beyond caches. */
const ELEMENTS = 2 ** 24

/** Takes about ten seconds on what computes in the device's usual speed. */
export async function measure(name: DeviceName, threads: number | undefined): Promise<Measurements> {
  const device = await useDevice(name, threads === undefined ? {} : { threads })
  const chip = device.device === 'cuda' || device.device === 'tensorflow' || device.adapter === 'hardware'
  const products = SIZES[chip ? 'chip' : 'host'].map((size) => ({ size, gflops: productRate(size) }))
  return { ...device, products, bandwidth: { megabytes: (ELEMENTS * 4) / 1e6, gigabytesPerSecond: bandwidth() } }
}

function productRate(size: number): number {
  // Scaled so that products keep the size of their numbers.
  const matrix = tf.tensor2d(new Random(1).normal(size * size, 0, 1 / Math.sqrt(size)), [size, size])
  const chain = jit((start: tf.Tensor, factor: tf.Tensor) => {
    let x = start as tf.Tensor2D
    for (let i = 0; i < CHAINED; i++) x = tf.matMul(x, factor as tf.Tensor2D)
    return tf.slice(x, [0, 0], [1, 1])
  })
  const rate = CHAINED * 2 * size ** 3 / 1e9 / medianSeconds(() => chain(matrix, matrix))
  chain.dispose()
  matrix.dispose()
  return rate
}

function bandwidth(): number {
  const x = tf.variable(tf.zeros([ELEMENTS]))
  const step = jit(() => {
    x.assign(tf.add(x, 1) as tf.Tensor1D)
    return tf.slice(x, 0, 1)
  })
  const rate = (2 * ELEMENTS * 4) / 1e9 / medianSeconds(() => step())
  step.dispose()
  x.dispose()
  return rate
}

/** The median time of a call, its result read: of as many as fit, at least three, the first for warming up. */
function medianSeconds(call: () => tf.Tensor): number {
  const times: number[] = []
  const end = performance.now() + SECONDS_EACH * 1000
  do {
    const started = performance.now()
    const result = call()
    result.dataSync()
    result.dispose()
    times.push((performance.now() - started) / 1000)
  } while (times.length < 4 || performance.now() < end)
  const timed = times.slice(1).sort((a, b) => a - b)
  return timed[timed.length >> 1] as number
}
