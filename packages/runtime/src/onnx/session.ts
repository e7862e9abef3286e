/**
 * ONNX Runtime sessions, run synchronously. The public API wraps the same native call in a promise and a macrotask;
 * `dataSync` and a training step cannot wait for one. What reaches beneath that API is in this file and `binding.ts`.
 */
import { Tensor } from 'onnxruntime-common'
import type { ElementType, TypedArray } from '../graph/graph.js'
import { type NativePort, type NativeSession, newSession, runInPlace } from './binding.js'
import { explain } from '../errors.js'

/** What a graph takes or gives. */
export interface SessionPort {
  name: string
  type: ElementType
  shape: (number | string)[]
}

const elementTypes: Readonly<Record<number, ElementType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool', 10: 'float16', 12: 'uint32' }

/** What computes in ONNX Runtime: its execution providers that this package knows. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

export interface SessionOptions {
  /** `cpu` by default. */
  provider?: Provider
  /** Threads within one operator on the CPU; all cores by default. */
  threads?: number
  /** Graph rewrites; sessions of one operator have nothing to rewrite. */
  optimize?: boolean
  /** A prefix for the profile that ONNX Runtime writes when the session ends. */
  profile?: string
  /** Which outputs stay in the device's memory: all or none, or those of these names. Only WebGPU's can. */
  resident?: boolean | readonly string[]
}

export class Session {
  private readonly native: NativeSession
  /** How many of its outputs are in the device's memory, which goes with the session. */
  private outputsOnDevice = 0
  private disposed = false
  /** Whether all outputs stay in the device's memory. */
  readonly resident: boolean
  private readonly someStay: boolean
  /** Whether the provider left some of the graph's operators to the CPU. */
  readonly fallsBack: boolean

  /**
   * Compiles a model from its bytes, or from a file when weights lie beside it.
   *
   * @throws when the model is none that ONNX Runtime can run, or the provider is not there.
   */
  constructor(model: Uint8Array | string, options: SessionOptions = {}) {
    const { provider = 'cpu', resident = false } = options
    this.resident = resident === true
    this.someStay = resident !== false
    const session = provider === 'cpu' ? undefined : compile(model, options, true)
    this.fallsBack = provider !== 'cpu' && session === undefined
    this.native = session ?? (compile(model, options, false) as NativeSession)
  }

  /**
   * Runs the graph. Outputs named in `fetches` with a tensor are written in place, those with null are allocated: on
   * the device if the session's outputs stay there.
   */
  run(feeds: Record<string, object>, fetches: Record<string, object | null>): Record<string, Tensor> {
    try {
      const results = this.native.run(feeds, fetches, {})
      if (this.someStay) for (const name in results) if (fetches[name] === null) this.watch(results[name] as Tensor)
      return results
    } catch (error) {
      throw explain(error)
    }
  }

  /** Runs the graph, every output of which is written to the array given for it. Made for graphs that begin with `written`. */
  runInto(feeds: Record<string, object>, fetches: Record<string, object>): void {
    try {
      runInPlace(this.native, feeds, fetches)
    } catch (error) {
      throw explain(error)
    }
  }

  /** Freeing a tensor on the device after the session that made it crashes: the session stays for as long as its outputs. */
  private watch(tensor: Tensor): void {
    if (tensor.location !== 'gpu-buffer') return
    this.outputsOnDevice++
    const free = tensor.dispose.bind(tensor)
    let freed = false
    tensor.dispose = () => {
      free()
      if (freed) return
      freed = true
      this.outputsOnDevice--
      if (this.disposed && this.outputsOnDevice === 0) this.native.dispose()
    }
  }

  get inputs(): SessionPort[] {
    return this.native.inputMetadata.map(portOf)
  }

  get outputs(): SessionPort[] {
    return this.native.outputMetadata.map(portOf)
  }

  dispose(): void {
    this.disposed = true
    if (this.outputsOnDevice === 0) this.native.dispose()
  }
}

const FALLBACK_FORBIDDEN = /fallback to CPU EP has been explicitly disabled/

/** Compiles; undefined when some operators must run on the CPU and `deviceOnly` forbids that. */
function compile(model: Uint8Array | string, options: SessionOptions, deviceOnly: boolean): NativeSession | undefined {
  const { provider = 'cpu', threads, optimize = true, profile, resident = false } = options
  const settings = {
    executionProviders: [provider],
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    // A plan made after the first run takes a second block beside what that run took, and saves no time.
    enableMemPattern: false,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 4,
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    ...(resident === false ? {} : { preferredOutputLocation: locations(resident) }),
    ...(deviceOnly ? { extra: { session: { disable_cpu_ep_fallback: '1' } } } : {}),
  }
  const session = newSession()
  try {
    if (typeof model === 'string') session.loadModel(model, settings)
    else session.loadModel(model.buffer, model.byteOffset, model.byteLength, settings)
  } catch (error) {
    if (deviceOnly && FALLBACK_FORBIDDEN.test((error as Error).message)) return undefined
    throw explain(error)
  }
  return session
}

function locations(resident: true | readonly string[]): string | Record<string, string> {
  return resident === true ? 'gpu-buffer' : Object.fromEntries(resident.map((name) => [name, 'gpu-buffer']))
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
