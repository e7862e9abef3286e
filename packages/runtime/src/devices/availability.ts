/** Which devices can be had on this machine, and what is missing for the others. */
import { createRequire } from 'node:module'
import { builtProviders, hasProviderLibrary } from '../onnx/binding.js'
import type { Device } from './names.js'
import { probe } from './probe.js'
import { type Adapter, adapterFound, hasGraphicsChip, webGpuMissing } from './webgpu.js'

export interface Availability {
  device: Device
  available: boolean
  /** What is missing and what to do, when it is not available. */
  missing?: string
  /** WebGPU's, when it is available. */
  adapter?: Adapter
}

const require = createRequire(import.meta.url)

/** TF.js's native packages, the faster first. */
export const tensorflowPackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const
const WASM_PACKAGE = '@tensorflow/tfjs-backend-wasm'

/** Whether a device can be had. Loads what it needs, for cuda and webgpu down to the driver. */
export function availability(device: Device): Availability {
  try {
    return { device, available: true, ...requirements[device]() }
  } catch (error) {
    return { device, available: false, missing: (error as Error).message.split('\n')[0] as string }
  }
}

/** Whether `auto` may take a device: as `availability`, but quietly, and WebGPU on hardware only. */
export function suitable(device: Device): Availability {
  if (device === 'webgpu' && !hasGraphicsChip()) {
    return { device, available: false, missing: 'this machine shows no graphics chip' }
  }
  const found = availability(device)
  if (found.adapter !== 'software') return found
  const missing = "its only adapter computes in software, slower than 'cpu': name the device to use it all the same"
  return { device, available: false, missing }
}

/** Whether a device can be had, without waking drivers that write warnings where they find nothing to drive. */
export function examine(device: Device): Availability {
  const named = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES
  if (device !== 'webgpu' || named || hasGraphicsChip()) return availability(device)
  const missing = 'this machine shows no graphics chip, and no driver that computes in software is named in VK_DRIVER_FILES'
  return { device, available: false, missing }
}

/** For each device a function that throws, in a sentence, what is missing. */
const requirements: Readonly<Record<Device, () => { adapter?: Adapter }>> = {
  cpu: () => {
    builtProviders()
    return {}
  },
  webgpu: () => {
    const missing = webGpuMissing()
    if (missing) throw new Error(missing)
    try {
      return { adapter: adapterFound() }
    } catch (error) {
      throw new Error(`no graphics adapter was found: ${driverRemedy()} (${(error as Error).message.split(': ').at(-1)?.trim()})`, { cause: error })
    }
  },
  cuda: () => {
    if (!builtProviders().includes('cuda')) {
      throw new Error(`ONNX Runtime has no CUDA for Node on ${process.platform}-${process.arch}, only on linux-x64: use 'webgpu'`)
    }
    if (!hasProviderLibrary('libonnxruntime_providers_cuda.so')) {
      throw new Error(
        "ONNX Runtime's CUDA libraries are not installed: reinstall onnxruntime-node with ONNXRUNTIME_NODE_INSTALL=cuda12 " +
          'and let its install script run',
      )
    }
    try {
      probe('cuda')
    } catch (error) {
      throw new Error(
        `ONNX Runtime's CUDA libraries do not load: they need an NVIDIA driver, CUDA 12 and cuDNN 9 on LD_LIBRARY_PATH ` +
          `(${(error as Error).message.split('\n')[0]})`,
        { cause: error },
      )
    }
    return {}
  },
  wasm: () => {
    if (!isInstalled(WASM_PACKAGE)) throw new Error(`${WASM_PACKAGE} is not installed: npm install ${WASM_PACKAGE}`)
    return {}
  },
  tensorflow: () => {
    if (!tensorflowPackages.some(isInstalled)) {
      throw new Error(`neither ${tensorflowPackages.join(' nor ')} is installed: npm install ${tensorflowPackages[1]}`)
    }
    return {}
  },
}

export function isInstalled(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

function driverRemedy(): string {
  switch (process.platform) {
    case 'linux':
      return "install the Vulkan loader (libvulkan1) and the graphics driver's Vulkan library; vulkaninfo --summary lists what it finds"
    case 'win32':
      return 'install the graphics driver of its maker; it must have Direct3D 12'
    default:
      return 'this machine offers none to programs'
  }
}
