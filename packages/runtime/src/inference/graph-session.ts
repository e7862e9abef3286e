import { availableParallelism } from 'node:os'
import type { Tensor } from 'onnxruntime-common'
import { chooseDevice } from '../devices/choose.js'
import type { Device } from '../devices/names.js'
import { feedOf, Session } from '../onnx/session.js'
import { type ElementType, sizeOf } from '../graph/graph.js'
import { DeviceTensor } from './device-tensor.js'
import type { GraphTensor } from './graph-tensor.js'

/** An input or output of a graph; axes of run-time length appear by name. */
export interface PortInfo {
  name: string
  type: ElementType
  shape: readonly (number | string)[]
}

/** What inference graphs compute on. */
export type GraphDevice = Extract<Device, 'cuda' | 'webgpu' | 'cpu'>

const graphDevices = ['cuda', 'webgpu', 'cpu'] as const satisfies readonly GraphDevice[]

export interface GraphSessionOptions {
  /** Threads within one operator on the CPU; all cores by default. */
  threads?: number
  /** What computes; `cpu` by default. `auto` takes the first of cuda, webgpu (never a software adapter) and cpu that is there. */
  device?: GraphDevice | 'auto'
  /**
   * Which outputs stay in the device's memory, to be fed to later runs: reading their `data` copies them to the host, and
   * `dispose` frees them. Only those of webgpu can; elsewhere outputs are on the host, whatever this says.
   */
  stays?: (output: string) => boolean
}

const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
  int64: BigInt64Array,
  uint32: Uint32Array,
  float16: Uint16Array,
} as const satisfies Record<ElementType, unknown>

/** A compiled inference graph. Needs no TF.js. */
export class GraphSession {
  readonly inputs: readonly PortInfo[]
  readonly outputs: readonly PortInfo[]
  private readonly inputNames: ReadonlySet<string>
  private readonly fetches: Readonly<Record<string, null>>

  private constructor(
    private readonly session: Session,
    /** Threads within one operator at most. */
    readonly threads: number,
    readonly device: GraphDevice,
  ) {
    this.inputs = session.inputs
    this.outputs = session.outputs
    this.inputNames = new Set(this.inputs.map(({ name }) => name))
    this.fetches = Object.fromEntries(this.outputs.map(({ name }) => [name, null]))
  }

  /**
   * Compiles a graph from its file (whose weights may lie in files beside it) or its bytes.
   *
   * @throws when the file cannot be read or is no ONNX graph that ONNX Runtime can run, or the device cannot be had.
   */
  static load(model: string | Uint8Array, options: GraphSessionOptions = {}): GraphSession {
    const { threads = availableParallelism(), device: name = 'cpu', stays } = options
    const device = name === 'cpu' ? name : chooseDevice(name, graphDevices, graphDevices).device
    try {
      const resident = device === 'webgpu' && stays ? outputNames(model).filter(stays) : false
      return new GraphSession(new Session(model, { provider: device, threads, resident }), threads, device)
    } catch (error) {
      const name = typeof model === 'string' ? model : 'the graph'
      throw new Error(`${name} cannot be loaded: ${firstLine(error)}`, { cause: error })
    }
  }

  /**
   * Runs the graph once. What it returns may be fed to the next run as it is, also to that of another graph.
   *
   * @throws when an input is missing, unknown or of another type, shape or length than the graph's.
   */
  run(feeds: Readonly<Record<string, GraphTensor>>): Record<string, GraphTensor> {
    const tensors: Record<string, object> = {}
    for (const name in feeds) {
      if (!this.inputNames.has(name)) throw new Error(`The graph has no input '${name}': it takes ${[...this.inputNames].join(', ')}.`)
    }
    for (const { name, type, shape } of this.inputs) {
      const feed = feeds[name]
      if (!feed) throw new Error(`The graph's input '${name}' is missing: it takes ${[...this.inputNames].join(', ')}.`)
      if (feed.shape.length !== shape.length || feed.shape.some((d, i) => typeof shape[i] === 'number' && shape[i] !== d)) {
        throw new Error(`The graph's input '${name}' is of shape [${shape.join(', ')}], got [${feed.shape.join(', ')}].`)
      }
      if (feed instanceof DeviceTensor) {
        if (feed.type !== type) throw new Error(`The graph's input '${name}' takes ${type}, got ${feed.type}.`)
        tensors[name] = feed.native
        continue
      }
      const size = sizeOf(feed.shape)
      if (!(feed.data instanceof arrays[type]) || feed.data.length !== size) {
        throw new Error(
          `The graph's input '${name}' takes ${arrays[type].name} data of ${size} elements for the shape ` +
            `[${feed.shape.join(', ')}], got ${feed.data.constructor.name} of ${feed.data.length}.`,
        )
      }
      tensors[name] = feedOf(type, feed.data, feed.shape)
    }
    const results = this.session.run(tensors, this.fetches)
    const given: Record<string, GraphTensor> = {}
    for (const name in results) given[name] = this.given(name, results[name] as Tensor)
    return given
  }

  dispose(): void {
    this.session.dispose()
  }

  private given(name: string, tensor: Tensor): GraphTensor {
    if (tensor.location !== 'gpu-buffer') return { data: tensor.data as Float32Array, shape: tensor.dims }
    return new DeviceTensor(tensor, (this.outputs.find((output) => output.name === name) as PortInfo).type)
  }
}

/** ONNX Runtime wants to know where outputs go before it says which there are. */
function outputNames(model: string | Uint8Array): string[] {
  const session = new Session(model, { threads: 1, optimize: false })
  const names = session.outputs.map(({ name }) => name)
  session.dispose()
  return names
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] as string
}
