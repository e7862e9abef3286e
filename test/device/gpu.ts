/**
 * Everything that a machine with a graphics chip can tell, in one call:
 *
 *     node --conditions=@parlance/source --import tsx test/device/gpu.ts FOLDER [PYTHON]
 *
 * Writes to FOLDER what each part printed, the shortest first, so that something is there if time runs out.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { examine } from '../../packages/runtime/src/devices/availability.js'

const [folder, python = 'python3'] = process.argv.slice(2)
if (!folder) throw new Error('Name the folder to write to: test/device/gpu.ts FOLDER [PYTHON]')
mkdirSync(folder, { recursive: true })

const root = path.resolve(import.meta.dirname, '../..')
const failed: string[] = []

/** Runs one part; its output goes to a file of FOLDER. */
function part(name: string, command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  const started = performance.now()
  const file = openSync(path.join(folder as string, `${name}.txt`), 'w')
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: ['ignore', file, file], env: { ...process.env, ...environment } })
  closeSync(file)
  const outcome = status === 0 ? 'done' : `failed (${signal ?? status})`
  if (status !== 0) failed.push(name)
  console.log(`${name}: ${outcome}, ${((performance.now() - started) / 1000).toFixed(0)} s`)
}

const typeScript = ['--conditions=@parlance/source', '--import', 'tsx']
const devices = (['webgpu', 'cuda'] as const).filter((device) => {
  const { available, missing, adapter } = examine(device)
  console.log(available ? `${device}: computes in ${adapter ?? 'hardware'}` : `${device}: ${missing}`)
  // A program would be measured for a chip.
  return available && adapter !== 'software'
})

for (const device of devices) part(`info-${device}`, process.execPath, [...typeScript, 'packages/runtime/src/command-line/main.ts', 'info', '--device', device])
part('reference', python, ['test/device/reference.py', path.join(folder, 'reference')])
for (const device of devices) {
  for (const setting of ['nanogpt', 'step-6x512', 'step-lstm']) {
    for (const mode of ['eager', 'compiled']) {
      const options = ['--device', device, '--python', python, '--peers', 'pytorch', ...(mode === 'compiled' ? ['--compile'] : [])]
      part(`${setting}-${device}-${mode}`, process.execPath, [...typeScript, `test/bench/${setting}.ts`, ...options])
    }
  }
}
for (const device of devices) {
  const suites = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/device/vitest.config.ts']
  part(`suites-${device}`, process.execPath, suites, { PARLANCE_TEST_DEVICE: device })
}
if (devices.length === 0) failed.push('no graphics chip')
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
