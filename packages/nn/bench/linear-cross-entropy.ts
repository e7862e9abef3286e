/**
 * Loss and gradients of an output layer with cross-entropy, plain and in chunks of rows:
 * `npx tsx --conditions=@parlance/source packages/nn/bench/linear-cross-entropy.ts`. Times are medians of interleaved
 * runs on 2 threads; memory is by how much the process grows at its peak over two runs, each setting in a fresh one (on
 * Linux).
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { crossEntropy, linearCrossEntropy, type SummedLoss } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'

const RUNS = 15
/** 0 stands for the plain loss. */
const CHUNKS = [0, 64, 128, 256, 512]
const SETTINGS = [
  { rows: 2048, width: 512, vocabulary: 2000 },
  { rows: 700, width: 650, vocabulary: 10_000 },
  { rows: 2048, width: 512, vocabulary: 10_000 },
]

type Setting = (typeof SETTINGS)[number]

function steps({ rows, width, vocabulary }: Setting): (chunkRows: number) => () => void {
  const random = new Random(1)
  const hidden = tf.variable(tf.tensor(random.normal(rows * width), [rows, width]))
  const weight = tf.variable(tf.tensor(random.normal(vocabulary * width, 0, 0.05), [vocabulary, width]))
  const labels = tf.tensor1d(Int32Array.from({ length: rows }, () => random.integer(vocabulary)), 'int32')
  return (chunkRows) => {
    const loss = (): SummedLoss =>
      chunkRows === 0
        ? crossEntropy(tf.matMul(hidden, weight, false, true), labels)
        : linearCrossEntropy(hidden, weight, labels, { chunkRows })
    const step = jit(() => {
      const { value, grads } = tf.variableGrads(() => loss().sum)
      return [value, ...Object.values(grads)]
    })
    return () => tf.dispose(step())
  }
}

/** The most memory that this process had, in bytes; what `resourceUsage` says may be its parent's. */
function peakMemory(): number {
  const kibibytes = /VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kibibytes) * 1024
}

await useDevice('cpu', { threads: 2 })
const [only, chunk] = process.argv.slice(2).map(Number)
if (only !== undefined && chunk !== undefined) {
  const run = steps(SETTINGS[only] as Setting)(chunk)
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 2; i++) run()
  console.log(Math.round((peakMemory() - before) / 1e6))
} else {
  for (const [i, setting] of SETTINGS.entries()) {
    const runs = CHUNKS.map(steps(setting))
    const times = CHUNKS.map((): number[] => [])
    for (const run of runs) run()
    for (let round = 0; round < RUNS; round++) {
      for (const [c, run] of runs.entries()) {
        const start = performance.now()
        run()
        times[c]?.push(performance.now() - start)
      }
    }
    console.log(`${setting.rows} rows, width ${setting.width}, vocabulary ${setting.vocabulary}`)
    for (const [c, chunkRows] of CHUNKS.entries()) {
      const median = (times[c] as number[]).sort((a, b) => a - b)[RUNS >> 1] as number
      const args = [...process.execArgv, process.argv[1] as string, String(i), String(chunkRows)]
      const peak = spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim()
      console.log(`  ${chunkRows === 0 ? 'plain' : `chunks of ${chunkRows}`}: ${median.toFixed(1)} ms, ${peak} MB`)
    }
  }
}
process.exit()
