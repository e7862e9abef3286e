/** The native library of ONNX Runtime, loaded when it is first needed. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Tensor } from 'onnxruntime-common'

export interface NativeSession {
  loadModel(path: string, options: object): void
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void
  run(feeds: Record<string, object>, fetches: Record<string, object | null>, options: object): Record<string, Tensor>
  dispose(): void
  readonly inputMetadata: NativePort[]
  readonly outputMetadata: NativePort[]
}

export interface NativePort {
  name: string
  type: number
  /** −1 where the length is known at run time. */
  shape: number[]
  symbolicDimensions: string[]
}

interface NativeBinding {
  initOrt(): void
  binding: {
    InferenceSession: new () => NativeSession
    listSupportedBackends(): { name: string; bundled: boolean }[]
  }
}

const require = createRequire(import.meta.url)
let native: NativeBinding | undefined

function load(): NativeBinding {
  if (native) return native
  // Builds of Linux collect usage figures, upload them and write them under the home folder unless told not to.
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
  try {
    native = require('onnxruntime-node/dist/binding.js') as NativeBinding
  } catch (error) {
    const platform = `${process.platform}-${process.arch}`
    throw new Error(
      `ONNX Runtime could not be loaded on ${platform}: ${(error as Error).message.split('\n')[0]}. ` +
        'Reinstall onnxruntime-node; it has binaries for linux-x64, linux-arm64, darwin-arm64, win32-x64 and win32-arm64.',
      { cause: error },
    )
  }
  native.initOrt()
  return native
}

/** A session of ONNX Runtime without a model yet. */
export function newSession(): NativeSession {
  return new (load().binding.InferenceSession)()
}

/** The execution providers that the native library was built with; some need further libraries beside it. */
export function builtProviders(): string[] {
  return load().binding.listSupportedBackends().map(({ name }) => name)
}

/** The version of ONNX Runtime. */
export function onnxRuntimeVersion(): string {
  return (require('onnxruntime-node/dist/version.js') as { version: string }).version
}

/** Whether a library lies beside ONNX Runtime's own, where it looks for providers that are not built in. */
export function hasProviderLibrary(name: string): boolean {
  const root = path.dirname(require.resolve('onnxruntime-node/package.json'))
  return existsSync(path.join(root, 'bin', 'napi-v6', process.platform, process.arch, name))
}
