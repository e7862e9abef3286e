/** The native library of ONNX Runtime, loaded when it is first needed. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { Tensor } from 'onnxruntime-common'

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
    /** May be called again: the last class given is the one whose objects outputs become. */
    initOrtOnce(logLevel: number, tensor: typeof Tensor, isMainThread: boolean): void
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
  native.binding.initOrtOnce(LOG_WARNINGS, Output as unknown as typeof Tensor, isMainThread)
  return native
}

const LOG_WARNINGS = 2
const WRITTEN = new Error('The outputs are where they were to be written to.')
let unwanted = false

/** What the native library makes of each output after a run, its data copied, also of those that were written in place. */
class Output extends (Tensor as unknown as new (...args: unknown[]) => object) {
  constructor(...args: unknown[]) {
    // Refusing the first spares the copies of all others.
    if (unwanted) throw WRITTEN
    super(...args)
  }
}

/**
 * Runs a graph of which every output is written in place. The first output's data are copied in vain, so it should be a
 * small one.
 */
export function runInPlace(session: NativeSession, feeds: Record<string, object>, fetches: Record<string, object>): void {
  unwanted = true
  try {
    session.run(feeds, fetches, {})
  } catch (error) {
    if (error !== WRITTEN) throw error
  } finally {
    unwanted = false
  }
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
