/**
 * ONNX Runtime sessions, run synchronously. The public API wraps the same native call in a promise and a macrotask;
 * `dataSync` and a training step cannot wait for one. Everything that reaches beneath that API is in this file.
 */
import { createRequire } from 'node:module'
import { Tensor } from 'onnxruntime-common'
import type { ElementType, TypedArray } from '../graph/graph.js'

interface NativeSession {
  loadModel(path: string, options: object): void
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void
  run(feeds: Record<string, object>, fetches: Record<string, object | null>, options: object): Record<string, Tensor>
  dispose(): void
  readonly inputMetadata: NativePort[]
  readonly outputMetadata: NativePort[]
}

interface NativePort {
  name: string
  type: number
  /** −1 where the length is known at run time. */
  shape: number[]
  symbolicDimensions: string[]
}

/** What a graph takes or gives. */
export interface SessionPort {
  name: string
  type: ElementType
  shape: (number | string)[]
}

const elementTypes: Readonly<Record<number, ElementType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool', 12: 'uint32' }

interface NativeBinding {
  initOrt(): void
  binding: { InferenceSession: new () => NativeSession }
}

let native: NativeBinding | undefined

function load(): NativeBinding {
  if (native) return native
  try {
    native = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as NativeBinding
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

export interface SessionOptions {
  /** Threads within one operator; all cores by default. */
  threads?: number
  /** Graph rewrites; sessions of one operator have nothing to rewrite. */
  optimize?: boolean
  /** Sizes differ from run to run: plan no memory ahead. */
  symbolic?: boolean
  /** A prefix for the profile that ONNX Runtime writes when the session ends. */
  profile?: string
}

export class Session {
  private readonly native: NativeSession

  /** Compiles a model from its bytes, or from a file when weights lie beside it. */
  constructor(model: Uint8Array | string, { threads, optimize = true, symbolic = false, profile }: SessionOptions = {}) {
    const { binding } = load()
    const options = {
      executionProviders: ['cpu'],
      graphOptimizationLevel: optimize ? 'all' : 'disabled',
      enableMemPattern: !symbolic,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      logSeverityLevel: 4,
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    }
    this.native = new binding.InferenceSession()
    if (typeof model === 'string') this.native.loadModel(model, options)
    else this.native.loadModel(model.buffer, model.byteOffset, model.byteLength, options)
  }

  /** Runs the graph. Outputs named in `fetches` with a tensor are written in place, those with null are allocated. */
  run(feeds: Record<string, object>, fetches: Record<string, object | null>): Record<string, Tensor> {
    return this.native.run(feeds, fetches, {})
  }

  get inputs(): SessionPort[] {
    return this.native.inputMetadata.map(portOf)
  }

  get outputs(): SessionPort[] {
    return this.native.outputMetadata.map(portOf)
  }

  dispose(): void {
    this.native.dispose()
  }
}

function portOf({ name, type, shape, symbolicDimensions }: NativePort): SessionPort {
  const element = elementTypes[type]
  if (!element) throw new Error(`The graph's '${name}' has elements of ONNX type ${type}, which this version does not handle.`)
  return { name, type: element, shape: shape.map((d, i) => (d >= 0 ? d : (symbolicDimensions[i] as string))) }
}

/** What ONNX Runtime takes and gives: data in place, no copy. */
export function feedOf(type: ElementType, data: TypedArray, shape: readonly number[]): Tensor {
  return new Tensor(type as 'float32', data as Float32Array, shape)
}
