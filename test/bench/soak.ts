/**
 * 10,000 training steps of a tiny model, compiled and eager: live tensors, sessions and resident memory on the way.
 *
 *     npm run bench -- soak [STEPS]
 */
import { useDevice } from '@parlance/runtime'
import { soak } from './soak/soak.js'

const steps = Number(process.argv[2] ?? 10_000)
await useDevice('cpu', { threads: 2 })
for (const mode of ['jit', 'eager'] as const) {
  console.log(`${mode}\n    step  tensors  buffers  sessions  resident MiB`)
  for (const { step, tensors, buffers, sessions, residentBytes } of soak({ mode, steps, every: Math.ceil(steps / 10) })) {
    const cells = [[step, 8], [tensors, 9], [buffers, 9], [sessions, 10], [Math.round(residentBytes / 2 ** 20), 14]] as const
    console.log(cells.map(([value, width]) => String(value).padStart(width)).join(''))
  }
}
