import { BACKEND_NAME, type OnnxBackend } from '../backend/backend.js'
import { addNode, nodesCreated, type OutputSpec, pendingNodes, Subgraph, Value } from '../graph/graph.js'
import { optimizeStatic } from '../graph/passes/index.js'
import { tf } from '../tf.js'

/** What one step of `scan` gives: the next state, and what is collected of every step. */
export interface ScanStep {
  state: tf.Tensor[]
  outputs: tf.Tensor[]
}

export interface ScanOptions {
  /** From the last step to the first; what is collected stays in the order of the sequences. Default false. */
  reverse?: boolean
}

/**
 * Whether `scan` is one operator where TF.js computes now, so that a graph does not grow with the number of steps: inside
 * a function given to `jit`, on the CPU, where nothing differentiates through it.
 */
export function hasScan(): boolean {
  if (tf.getBackend() !== BACKEND_NAME || tf.engine().isTapeOn()) return false
  const backend = tf.backend() as OnnxBackend
  return backend.tracing !== undefined && backend.evaluator.options.provider === 'cpu'
}

/**
 * Applies `step` along the first axis of sequences: one operator that repeats a small graph, however many steps there
 * are. It has no gradient: give the gradient of what uses it, as a scan of its own. Ask `hasScan` first.
 *
 * @param step from the state and one element of each sequence; called once, to record what every step does
 * @param initial the state before the first step; shapes and types stay
 * @param sequences (T, …) each
 * @returns the state after the last step, and each output of all steps, (T, …)
 * @throws where `hasScan` is false, and when the sequences or the states of two steps differ in length or shape
 */
export function scan(
  step: (state: tf.Tensor[], elements: tf.Tensor[]) => ScanStep,
  initial: readonly tf.Tensor[],
  sequences: readonly tf.Tensor[],
  { reverse = false }: ScanOptions = {},
): ScanStep {
  if (!hasScan()) {
    throw new Error("scan works only inside a function given to jit, on the device 'cpu' and outside of a gradient: ask hasScan first.")
  }
  const backend = tf.backend() as OnnxBackend
  const states = initial.map((tensor) => backend.valueFor(tensor))
  const lists = sequences.map((tensor) => backend.valueFor(tensor))
  const inputs = [...states.map(like), ...lists.map(({ shape, type }) => new Value(shape.slice(1), type))]
  const steps = lists[0]?.shape[0]
  if (steps === undefined || lists.some(({ shape }) => shape[0] !== steps)) {
    throw new Error(`scan needs sequences of one length, got lengths ${lists.map(({ shape }) => shape[0] ?? 'none').join(', ')}.`)
  }
  const { captured, body } = recordBody(backend, inputs, (tensors) => {
    const { state, outputs } = step(tensors.slice(0, states.length), tensors.slice(states.length))
    return [...state, ...outputs]
  })
  for (const [i, { shape, type }] of states.entries()) {
    const next = body.outputs[i] as Value
    if (next.type === type && next.shape.join() === shape.join()) continue
    throw new Error(`A step of scan must keep its state: number ${i} was ${type} [${shape}] and became ${next.type} [${next.shape}].`)
  }
  const specs = body.outputs.map(({ shape, type }, i): OutputSpec => ({ shape: i < states.length ? shape : [steps, ...shape], type }))
  const directions = (count: number): number[] => new Array<number>(count).fill(reverse ? 1 : 0)
  const attributes = {
    body,
    num_scan_inputs: lists.length,
    scan_input_directions: directions(lists.length),
    scan_output_directions: directions(body.outputs.length - states.length),
  }
  const values = addNode('Scan', [...states, ...lists, ...captured], attributes, specs)
  const tensors = backend.infosOf(values).map(({ dataId, shape, dtype }) => tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend))
  return { state: tensors.slice(0, states.length), outputs: tensors.slice(states.length) }
}

function like({ shape, type }: Value): Value {
  return new Value(shape, type)
}

interface Recorded {
  body: Subgraph
  /** What the body's captured values are in the graph around it. */
  captured: Value[]
}

/** Records what `call` does with `inputs` as a graph of its own. */
function recordBody(backend: OnnxBackend, inputs: readonly Value[], call: (tensors: tf.Tensor[]) => tf.Tensor[]): Recorded {
  const engine = tf.engine()
  const from = nodesCreated()
  engine.startScope('scan')
  let outputs: Value[]
  try {
    const tensors = inputs.map((value) => {
      const { dataId, shape, dtype } = backend.infoOf(value)
      return engine.makeTensorFromDataId(dataId, shape, dtype, backend)
    })
    outputs = call(tensors).map((tensor) => backend.valueFor(tensor))
  } finally {
    engine.endScope()
  }
  return cutOut(outputs, inputs, from, (value) => value.data !== undefined && (value.trace === backend.tracing || value.tensors === 0))
}

/** The part of the graph for `outputs` that was made from serial number `from` on, as a graph of its own. */
function cutOut(results: readonly Value[], inputs: readonly Value[], from: number, isConstant: (value: Value) => boolean): Recorded {
  const own = new Set(inputs)
  /** What the body takes from outside, by another value. */
  const entered = new Map<Value, Value>()
  const enter = (value: Value): Value => {
    const inside = value.node ? value.node.serial >= from : isConstant(value)
    if (inside || own.has(value)) return value
    let copy = entered.get(value)
    if (!copy) {
      copy = like(value)
      entered.set(value, copy)
    }
    return copy
  }
  for (const node of pendingNodes(results)) if (node.serial >= from) node.rewire(enter)
  const outputs = results.map(enter)
  optimizeStatic(outputs)
  return { captured: [...entered.keys()], body: new Subgraph(inputs, [...entered.values()], outputs) }
}
