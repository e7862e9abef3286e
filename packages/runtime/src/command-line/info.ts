/** What `parlance-runtime info` finds out. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { type Availability, examine } from '../devices/availability.js'
import { type DeviceName, deviceNames } from '../devices/names.js'
import { onnxRuntimeVersion } from '../onnx/binding.js'
import type { Measurements } from './measure.js'

export interface MachineInfo {
  versions: { parlance: string; node: string; onnxRuntime: string; tensorflowJs: string }
  /** Operating system and processor architecture, as Node names them. */
  platform: string
  /** `threads` are those that this process may use. */
  cpu: { model: string; threads: number }
  /** Bytes. */
  memory: number
  devices: readonly Availability[]
  measured: Measurements
}

const require = createRequire(import.meta.url)

/** Looks at every device and measures one. @throws when that one cannot be had. */
export async function machineInfo(device: DeviceName, threads: number | undefined): Promise<MachineInfo> {
  const devices = deviceNames.map(examine)
  // TF.js is loaded only now: looking at devices needs none of it.
  const { measure } = await import('./measure.js')
  return {
    versions: {
      parlance: versionIn(new URL('../../package.json', import.meta.url)),
      node: process.versions.node,
      onnxRuntime: onnxRuntimeVersion(),
      tensorflowJs: versionIn(require.resolve('@tensorflow/tfjs/package.json')),
    },
    platform: `${process.platform}-${process.arch}`,
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', threads: availableParallelism() },
    memory: totalmem(),
    devices,
    measured: await measure(device, threads),
  }
}

function versionIn(file: string | URL): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
