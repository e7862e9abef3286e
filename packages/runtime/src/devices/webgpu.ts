/** Whether ONNX Runtime's WebGPU provider finds an adapter, and whether that is a graphics chip or a program. */
import { readdirSync, readlinkSync } from 'node:fs'
import { builtProviders } from '../onnx/binding.js'
import { probe } from './probe.js'

/** What the provider computes on. It never says so itself: see `adapterFound`. */
export type Adapter = 'hardware' | 'software'

/** The files by which a process talks to a graphics chip on Linux: Mesa's, NVIDIA's, Windows' in WSL, Mali's, Adreno's. */
const CHIP = /^\/dev\/(dri\/(renderD|card)\d+|nvidia\d+|nvidiactl|dxg|mali\d*|kgsl-3d0)$/

let found: Adapter | undefined

/** Why there is no point in asking for an adapter, if that can be told without asking. */
export function webGpuMissing(): string | undefined {
  if (!builtProviders().includes('webgpu')) {
    return `ONNX Runtime has no WebGPU in its package for ${process.platform}-${process.arch}: use another device`
  }
  return undefined
}

/**
 * Whether this machine has a graphics chip at all, as far as that shows without loading a driver: drivers write
 * warnings to stderr where they find none.
 */
export function hasGraphicsChip(): boolean {
  if (process.platform !== 'linux') return true
  return ['/dev', '/dev/dri'].some((folder) => namesIn(folder).some((name) => CHIP.test(`${folder}/${name}`)))
}

/**
 * The adapter that WebGPU takes here.
 *
 * The binding has no function for that. What computes in software opens no device file (Linux) and loads no driver
 * from the store of graphics drivers (Windows); on macOS Metal has no software adapter.
 *
 * @throws when there is none.
 */
export function adapterFound(): Adapter {
  if (found) return found
  const before = chipFilesOpen()
  probe('webgpu')
  found = usesChip(before) ? 'hardware' : 'software'
  return found
}

function usesChip(before: number): boolean {
  if (process.platform === 'linux') return chipFilesOpen() > before
  if (process.platform === 'win32') return loadedLibraries().some((file) => /\\DriverStore\\FileRepository\\/i.test(file))
  return true
}

function chipFilesOpen(): number {
  if (process.platform !== 'linux') return 0
  return namesIn('/proc/self/fd').filter((name) => CHIP.test(linkOf(`/proc/self/fd/${name}`))).length
}

function loadedLibraries(): string[] {
  return (process.report?.getReport() as { sharedObjects?: string[] } | undefined)?.sharedObjects ?? []
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}
