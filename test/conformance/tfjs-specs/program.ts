/**
 * The program that runs TF.js-core's own specs on a device of ours: `node program.mjs DEVICE RESULTS.jsonl`, one line per
 * spec, written when it ends. It is bundled first, so that the specs and the runtime share one copy of tfjs-core.
 */
import { appendFileSync } from 'node:fs'
import { type DeviceName, hostKernels, tf, useDevice } from '@parlance/runtime'
// oxlint-disable-next-line no-restricted-imports -- the specs themselves
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js'
import jasmineRequire from 'jasmine-core'
import type { SpecResult } from './run.js'

const [device, resultsFile] = process.argv.slice(2) as [DeviceName, string]
const jasmine = jasmineRequire.boot(jasmineRequire)
const env = jasmine.getEnv()
env.configure({ random: false })

await useDevice(device, { threads: 1 })
const touched = new Set<string>()
for (const { kernel: name, strings } of hostKernels) {
  const config = tf.getKernel(name, 'onnx')
  tf.unregisterKernel(name, 'onnx')
  tf.registerKernel({
    ...config,
    kernelFunc: (args) => {
      if (!strings || Object.values(args.inputs).some((x) => x?.dtype === 'string')) touched.add(name)
      return config.kernelFunc(args)
    },
  })
}

setTestEnvs([{ name: 'onnx', backendName: 'onnx', isDataSync: true }])
// Only now: the specs are declared for the environments that are set.
// oxlint-disable-next-line no-restricted-imports -- the specs themselves
await import('@tensorflow/tfjs-core/dist/tests.js')

/** The operators that the device left to the CPU, noted by the backend. */
function noted(): Set<string> {
  if (tf.getBackend() !== 'onnx') return new Set()
  return (tf.backend() as unknown as { evaluator: { leftToCpu: Set<string> } }).evaluator.leftToCpu
}

/** The same for people. All count as computed on the host but Identity, which only reads. */
function leftToCpu(): Set<string> {
  const operators = [...noted()].filter((operator) => operator !== 'Identity')
  return new Set(operators.map((operator) => `${operator.includes('|') ? 'part of a graph' : operator} left to the CPU`))
}

env.addReporter({
  specStarted: () => {
    touched.clear()
    noted().clear()
  },
  specDone: ({ fullName, status, failedExpectations, duration }) => {
    const failure = failedExpectations[0]?.message
    const result: SpecResult = {
      name: fullName,
      status: status === 'excluded' ? 'pending' : status,
      host: [...touched, ...leftToCpu()],
      milliseconds: duration ?? 0,
      ...(failure === undefined ? {} : { failure }),
    }
    appendFileSync(resultsFile, `${JSON.stringify(result)}\n`)
  },
  jasmineDone: () => process.exit(0),
})
env.execute()
