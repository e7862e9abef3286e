import { availableParallelism } from 'node:os'
import { feedOf, Session } from '../onnx/session.js'
import { type ElementType, sizeOf } from '../graph/graph.js'

/** A tensor at the border of a graph: row-major data and shape. Booleans are one byte each, float16 its bits. */
export interface GraphTensor {
  data: Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint16Array
  shape: readonly number[]
}

/** An input or output of a graph; axes of run-time length appear by name. */
export interface PortInfo {
  name: string
  type: ElementType
  shape: readonly (number | string)[]
}

export interface GraphSessionOptions {
  /** Threads within one operator; all cores by default. */
  threads?: number
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

  private constructor(private readonly session: Session) {
    this.inputs = session.inputs
    this.outputs = session.outputs
  }

  /**
   * Compiles a graph from its file (whose weights may lie in files beside it) or its bytes.
   *
   * @throws when the file cannot be read or is no ONNX graph that ONNX Runtime can run.
   */
  static load(model: string | Uint8Array, { threads = availableParallelism() }: GraphSessionOptions = {}): GraphSession {
    try {
      return new GraphSession(new Session(model, { threads }))
    } catch (error) {
      const name = typeof model === 'string' ? model : 'the graph'
      throw new Error(`${name} cannot be loaded: ${firstLine(error)}`, { cause: error })
    }
  }

  /**
   * Runs the graph once. What it returns may be fed to the next run as it is.
   *
   * @throws when an input is missing, unknown or of another type, shape or length than the graph's.
   */
  run(feeds: Readonly<Record<string, GraphTensor>>): Record<string, GraphTensor> {
    const tensors: Record<string, object> = {}
    const unknown = Object.keys(feeds).find((name) => !this.inputs.some((input) => input.name === name))
    if (unknown !== undefined) {
      throw new Error(`The graph has no input '${unknown}': it takes ${this.inputs.map((i) => i.name).join(', ')}.`)
    }
    for (const { name, type, shape } of this.inputs) {
      const feed = feeds[name]
      if (!feed) throw new Error(`The graph's input '${name}' is missing: it takes ${this.inputs.map((i) => i.name).join(', ')}.`)
      if (feed.shape.length !== shape.length || feed.shape.some((d, i) => typeof shape[i] === 'number' && shape[i] !== d)) {
        throw new Error(`The graph's input '${name}' is of shape [${shape.join(', ')}], got [${feed.shape.join(', ')}].`)
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
    const fetches = Object.fromEntries(this.outputs.map(({ name }) => [name, null]))
    const results = this.session.run(tensors, fetches)
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as Float32Array, shape: dims }]),
    )
  }

  dispose(): void {
    this.session.dispose()
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] as string
}
