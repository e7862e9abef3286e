/** Trains a tiny model for many steps and watches what stays behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AdamW, crossEntropy, Linear, Module, namedParameters, trainingStep } from '@parlance/nn'
import { jit, Random, tf } from '@parlance/runtime'

/** What is alive after a step. */
export interface Sample {
  step: number
  /** Tensors that TF.js counts, and buffers that the backend holds for them. */
  tensors: number
  buffers: number
  /** Compiled sessions. */
  sessions: number
  /** Resident memory of the process, garbage collected. */
  residentBytes: number
}

export interface SoakOptions {
  /** Whether the whole step is compiled, or every operation called by TF.js. */
  mode: 'jit' | 'eager'
  steps: number
  /** Steps between samples. */
  every: number
}

/** Activations of a step are about 200 KB: one left behind at every step shows after a few hundred. */
const [BATCH, INPUTS, HIDDEN, CLASSES] = [64, 32, 256, 10]

class Network extends Module {
  readonly input = new Linear({ inputs: INPUTS, outputs: HIDDEN, random: new Random(1, 'input') })
  readonly output = new Linear({ inputs: HIDDEN, outputs: CLASSES, random: new Random(1, 'output') })
}

/** Trains on the present device; the last sample is taken after the last step. */
export function soak({ mode, steps, every }: SoakOptions): Sample[] {
  const network = new Network()
  const parameters = namedParameters(network)
  const optimizer = new AdamW(parameters)
  const whole = trainingStep<{ x: tf.Tensor; targets: tf.Tensor }>({
    parameters,
    optimizer,
    loss: ({ x, targets }) => crossEntropy(network.output.forward(tf.tanh(network.input.forward(x))), targets),
    maxGradientNorm: 1,
  })
  const compiled = mode === 'jit' ? jit(whole) : undefined
  const step = compiled ?? whole
  const random = new Random(1, 'batches')
  const samples: Sample[] = []
  for (let n = 1; n <= steps; n++) {
    const x = tf.tensor2d(random.normal(BATCH * INPUTS), [BATCH, INPUTS])
    const targets = tf.tensor1d(Int32Array.from({ length: BATCH }, () => random.integer(CLASSES)), 'int32')
    const numbers = { learningRate: tf.scalar(1e-3), step: tf.scalar(n, 'int32') }
    const { sum, count, gradientNorm } = step({ x, targets }, numbers)
    if (!Number.isFinite(sum.dataSync()[0])) throw new Error(`The loss of step ${n} is not finite.`)
    tf.dispose([x, targets, numbers.learningRate, numbers.step, sum, count, gradientNorm])
    if (n % every === 0 || n === steps) samples.push(sampleAt(n))
  }
  compiled?.dispose()
  optimizer.dispose()
  network.dispose()
  return samples
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function sampleAt(step: number): Sample {
  // Otherwise resident memory grows for thousands of steps until V8 sees a reason to collect all.
  collectGarbage()
  const backend = tf.backend() as tf.KernelBackend & { evaluator: { memory: { sessions: number } } }
  const { sessions } = backend.evaluator.memory
  return { step, tensors: tf.memory().numTensors, buffers: backend.numDataIds(), sessions, residentBytes: process.memoryUsage.rss() }
}
