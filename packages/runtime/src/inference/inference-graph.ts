import { onnxBackend } from '../backend/backend.js'
import { optimize } from '../graph/passes/index.js'
import { standardOperators } from '../export/standard-operators.js'
import type { TypedArray, Value } from '../graph/graph.js'
import { Dimension } from '../graph/dimension.js'
import { record, type Trace } from '../jit/trace.js'
import { buildModel, type ExternalData, type ModelNotes, type Port } from '../onnx/model.js'
import type { SafetensorsLocation } from '../safetensors.js'
import { tf } from '../tf.js'
import { type SymbolicGraph, unify } from './unify.js'

/**
 * An input of an inference graph. Strings in `shape` name axes whose length is known when the graph runs. What is int64
 * at the graph's border is int32 to the function.
 */
export interface InputSpec {
  shape: readonly (number | string)[]
  dtype: 'float32' | 'int32' | 'int64' | 'bool'
}

export interface InferenceGraphOptions {
  /** The lengths, three each, at which named axes are tried; for functions that accept only some lengths. */
  sizes?: Readonly<Record<string, readonly [number, number, number]>>
}

/** Where the weights of a graph lie: `file` beside the graph, at these bytes. */
export interface WeightsFile {
  names: ReadonlyMap<string, tf.Variable>
  file: string
  locations: ReadonlyMap<string, SafetensorsLocation>
}

/** What a variable of a dtype may be stored as: whole, or in 16 bits, which are widened when the graph is loaded. */
const STORED: Readonly<Record<string, Partial<Record<SafetensorsLocation['dtype'], 'whole' | 'float16' | 'bfloat16'>>>> = {
  float32: { F32: 'whole', F16: 'float16', BF16: 'bfloat16' },
  int32: { I32: 'whole' },
}

// Named axes are tried at lengths that are no small multiples or sums of each other.
const LENGTHS = [
  [5, 7, 11], [13, 17, 19], [23, 29, 31], [37, 41, 43], [47, 53, 59], [61, 67, 71], [73, 79, 83], [89, 97, 101], [113, 127, 131],
] as const

/**
 * The graph of a function of named tensors whose sizes are known only when it runs, with the variables that the
 * function reads as its weights. The function is traced at three sizes and the traces are unified, so it must do the
 * same operations at every size: no loop over a named axis, no tensor made from JavaScript numbers that depend on one
 * (use `iota`). For a top-k whose k is known at run time, name an axis of an otherwise unused input.
 *
 * @throws when the function's operations depend on a named axis, or it assigns a variable.
 */
export function inferenceGraph(
  fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  inputs: Readonly<Record<string, InputSpec>>,
  { sizes = {} }: InferenceGraphOptions = {},
): InferenceGraph {
  const names = Object.keys(inputs)
  const specs = Object.values(inputs)
  const axes = [...new Set(specs.flatMap(({ shape }) => shape.filter((d): d is string => typeof d === 'string')))]
  if (axes.length > LENGTHS.length) throw new Error(`An inference graph has at most ${LENGTHS.length} named axes, got ${axes.length}.`)
  const backend = onnxBackend()
  let outputNames: string[] = []
  const traces = [0, 1, 2].map((k) => {
    const lengthOf = (axis: string) => (sizes[axis] ?? (LENGTHS[axes.indexOf(axis)] as (typeof LENGTHS)[0]))[k] as number
    const shapes = specs.map(({ shape }) => shape.map((d) => (typeof d === 'string' ? lengthOf(d) : d)))
    const examples = shapes.map((shape, i) => tf.zeros(shape, dtypeOf(specs[i] as InputSpec)))
    const trace = record(backend, examples, (placeholders) => {
      const results = fn(Object.fromEntries(placeholders.map((tensor, i) => [names[i], tensor])))
      outputNames = Object.keys(results)
      return Object.values(results)
    })
    for (const example of examples) example.dispose()
    for (const value of trace.captured) if (value.resident) backend.evaluator.bring(value)
    if (trace.assigned.length > 0) {
      throw new Error(`An inference graph cannot assign the variable '${trace.assigned[0]?.variable.name}'.`)
    }
    return trace
  })
  const shared = outputNames.find((name) => names.includes(name))
  if (shared !== undefined) throw new Error(`An inference graph cannot have an input and an output named '${shared}'.`)
  const sized = traces.map((trace) => {
    optimize(trace.results)
    return { nodes: standardOperators(trace.results), inputs: trace.placeholders, outputs: trace.results }
  })
  const graph = unify(sized, specs.map(({ shape }) => shape))
  return new InferenceGraph(traces[0] as Trace, graph, names, specs, outputNames)
}

function dtypeOf({ dtype }: InputSpec): 'float32' | 'int32' | 'bool' {
  return dtype === 'int64' ? 'int32' : dtype
}

export class InferenceGraph {
  constructor(
    private readonly trace: Trace,
    private readonly graph: SymbolicGraph,
    private readonly inputNames: readonly string[],
    private readonly specs: readonly InputSpec[],
    private readonly outputNames: readonly string[],
  ) {}

  /** The names of its inputs and outputs. */
  get ports(): string[] {
    return [...this.inputNames, ...this.outputNames]
  }

  /** The variables that the function reads. */
  get weights(): tf.Variable[] {
    return this.trace.read.map(({ variable }) => variable)
  }

  /**
   * The ONNX file, with its weights in it, or referring to another file beside it.
   *
   * @param names what the weights in it are called, where that is known
   */
  toOnnx(
    weights: WeightsFile | 'embedded',
    { names = new Map(), ...notes }: ModelNotes & { names?: ReadonlyMap<string, tf.Variable> } = {},
  ): Uint8Array {
    const { trace, graph } = this
    const inputs = this.inputNames.map((name, i): Port => {
      const spec = this.specs[i] as InputSpec
      const shape = spec.shape.map((d) => (typeof d === 'string' ? new Dimension({ kind: 'axis', name: d }) : d))
      return { name, value: trace.placeholders[i] as Value, shape, wide: spec.dtype === 'int64' }
    })
    const outputs = this.outputNames.map((name, i): Port => {
      return { name, value: graph.outputs[i] as Value, shape: graph.outputShapes[i] as (number | Dimension)[] }
    })
    const spec = { nodes: graph.nodes, inputs, outputs, notes }
    if (weights !== 'embedded') return buildModel({ ...spec, external: this.locate(weights) })
    this.readWeights()
    const nameOf = new Map([...names].map(([name, variable]) => [variable, name]))
    const given = trace.read.flatMap(({ variable, value }) => {
      const name = nameOf.get(variable)
      return name === undefined ? [] : [[value, name] as const]
    })
    return buildModel({ ...spec, names: new Map(given) })
  }

  private locate({ names, file, locations }: WeightsFile): Map<Value, ExternalData> {
    const nameOf = new Map([...names].map(([name, variable]) => [variable, name]))
    const external = new Map<Value, ExternalData>()
    for (const { variable, value } of this.trace.read) {
      const name = nameOf.get(variable)
      const location = name === undefined ? undefined : locations.get(name)
      if (name === undefined || !location) {
        throw new Error(`The graph uses a variable of shape [${variable.shape.join(', ')}] (${name ?? variable.name}) that ${file} does not hold.`)
      }
      const { dtype, offset, length } = location
      const stored = STORED[variable.dtype]?.[dtype]
      if (stored === undefined || location.shape.join() !== variable.shape.join()) {
        throw new Error(
          `The weight '${name}' is ${variable.dtype} of shape [${variable.shape.join(', ')}], but ${file} has it as ${dtype} of ` +
            `shape [${location.shape.join(', ')}].`,
        )
      }
      const narrow = stored === 'whole' ? {} : { stored }
      external.set(value, { name, location: file, offset, length, ...narrow })
    }
    return external
  }

  /** Puts the variables' present values where the trace left their values at its time. */
  private readWeights(): void {
    for (const { variable, value } of this.trace.read) {
      value.data = variable.dataSync() as TypedArray
      value.feed = undefined
    }
  }
}
