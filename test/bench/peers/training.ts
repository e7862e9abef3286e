/** Trains a setting's steps in a process of its own, on a device of ours or on TF.js's wasm backend. */
import { readFileSync } from 'node:fs'
import { type DeviceName, useDevice } from '@parlance/runtime'
import { trainerOf } from '../steps/model.js'
import { settings, type SettingName } from '../steps/settings.js'
import { useWasm } from '../wasm.js'
import { serve } from './serve.js'

export interface TrainingSetup {
  setting: SettingName
  /** 'tfjs-wasm', or a device of `useDevice`. */
  device: string
  threads: number
}

export interface Trained {
  /** Milliseconds of each step. */
  times: number[]
  losses: number[]
  /** The most resident memory that the process has had. */
  peakBytes: number
}

await serve<TrainingSetup, { steps: number }>(async ({ setting, device, threads }) => {
  const ready = device === 'tfjs-wasm' ? await useWasm() : await useDevice(device as DeviceName, { threads })
  const trainOne = trainerOf(settings[setting])
  const answer = async ({ steps }: { steps: number }): Promise<Trained> => {
    const times: number[] = []
    const losses: number[] = []
    for (let i = 0; i < steps; i++) {
      const started = performance.now()
      losses.push(await trainOne())
      times.push(performance.now() - started)
    }
    return { times, losses, peakBytes: peakBytes() }
  }
  return { ready, answer }
})

/** Of resident memory: the process's high-water mark (`maxRSS` may be that of the process that started this one). */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kibibytes) * 1024
}
