/** A user's first program, compiled and run against the installed tarballs. Arguments: what else to import. */
import { writeFileSync } from 'node:fs'
import { AdamW, Linear, namedParameters, trainingStep } from '@parlance/nn'
import { inWorker, jit, Random, tf, useDevice } from '@parlance/runtime'

for (const name of process.argv.slice(2)) await import(name)
await useDevice('cpu')
const model = new Linear({ inputs: 2, outputs: 1, random: new Random(1, 'model') })
const parameters = namedParameters(model)
const loss = ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({
  sum: tf.sum(tf.squaredDifference(model.forward(x), y)).asScalar(),
  count: tf.scalar(2),
})
const trainStep = jit(trainingStep({ parameters, optimizer: new AdamW(parameters), loss }))
const batch = { x: tf.tensor2d([[1, 2], [3, 4]]), y: tf.tensor2d([[1], [2]]) }
const losses = [1, 2].map((step) => {
  const numbers = { learningRate: tf.scalar(0.01), step: tf.scalar(step, 'int32') }
  return trainStep(batch, numbers).sum.dataSync()[0] as number
})
if (!((losses[1] as number) < (losses[0] as number))) throw new Error(`The loss did not fall: ${losses.join(', ')}.`)

const service = new URL('./service.mjs', import.meta.url)
writeFileSync(service, 'export const double = (x) => 2 * x\n')
const { remote } = await inWorker<{ double: (x: number) => number }>(service)
if ((await remote.double(21)) !== 42) throw new Error('A worker did not answer.')
