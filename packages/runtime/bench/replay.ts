/**
 * What a call of a compiled function costs beside its session run: a function with the signature of a training step (a
 * hundred variables assigned, a dictionary of four arguments, three scalars out) whose graph does next to nothing.
 *
 *     npm run bench -- runtime/replay
 */
import { Session } from '../src/onnx/session.js'
import { jit } from '../src/jit/jit.js'
import { useDevice } from '../src/device.js'
import { tf } from '../src/tf.js'

const variableCount = 100
const rounds = 40
const callsPerRound = 100

await useDevice('cpu', { threads: 1 })

let inSession = 0
// oxlint-disable-next-line typescript/unbound-method
const { runInto } = Session.prototype
Session.prototype.runInto = function (...args) {
  const started = performance.now()
  runInto.apply(this, args)
  inSession += performance.now() - started
}

const variables = Array.from({ length: variableCount }, (_, i) => tf.variable(tf.fill([16, 16], i)))
const step = jit((batch: { ids: tf.Tensor; targets: tf.Tensor }, numbers: { learningRate: tf.Tensor; step: tf.Tensor }) => {
  for (const variable of variables) variable.assign(tf.add(variable, numbers.learningRate) as tf.Tensor2D)
  return { sum: tf.sum(batch.ids), count: tf.sum(batch.targets), norm: tf.cast(numbers.step, 'float32') }
})
const ids = tf.zeros([16, 128], 'int32')
const targets = tf.zeros([16, 128], 'int32')

function call(): void {
  const learningRate = tf.scalar(1e-3)
  const number = tf.scalar(1, 'int32')
  tf.dispose([step({ ids, targets }, { learningRate, step: number }), learningRate, number])
}

for (let i = 0; i < 2000; i++) call()
const added: number[] = []
const sessions: number[] = []
for (let round = 0; round < rounds; round++) {
  inSession = 0
  const started = performance.now()
  for (let i = 0; i < callsPerRound; i++) call()
  const all = performance.now() - started
  added.push(((all - inSession) / callsPerRound) * 1000)
  sessions.push((inSession / callsPerRound) * 1000)
}
const sorted = added.sort((a, b) => a - b)
const at = (share: number): string => `${(sorted[Math.floor(share * (rounds - 1))] as number).toFixed(0)} µs`
console.log(`added to the session run by one call, ${variableCount} variables: median ${at(0.5)} (fastest ${at(0)}, slowest ${at(1)})`)
console.log(`the session run itself: median ${sessions.sort((a, b) => a - b)[rounds >> 1]?.toFixed(0)} µs`)
