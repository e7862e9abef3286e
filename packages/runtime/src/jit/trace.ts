/** One recording of a function: its graph, what it captured, and what it assigned. */
import type { OnnxBackend, TraceGuard } from '../backend/backend.js'
import { pendingNodes, Value } from '../graph/graph.js'
import { withoutRandom } from '../random.js'
import { tf } from '../tf.js'
import { type CheckpointBlock, recompute } from './recompute.js'

/** A variable that the function read, with the value that stands for it in the graph. */
interface ReadVariable {
  variable: tf.Variable
  value: Value
  /** How many held the value before the trace. */
  holders: number
}

/** A variable that the function assigned, with the value that it is to have afterwards. */
interface AssignedVariable {
  variable: tf.Variable
  after: Value
}

/** What a variable was before a trace. */
interface Held {
  value: Value
  dataId: object
  holders: number
}

export class Trace implements TraceGuard {
  /** The arguments, as values to be fed. */
  readonly placeholders: Value[] = []
  /** The tensors that the function gave back, in the order of `flatten`. */
  readonly results: Value[] = []
  readonly read: ReadVariable[] = []
  readonly assigned: AssignedVariable[] = []
  /** Tensors from outside that the function used, except variables. */
  readonly captured: Value[] = []
  /** What `checkpoint` recorded, in the order of the calls. */
  readonly blocks: CheckpointBlock[] = []

  checkRead(value: Value): void {
    if (value.trace === this && !value.pending && value.data) return
    throw new Error(
      'A tensor was read (dataSync, arraySync, data or print) inside a function given to jit. What is read while ' +
        'tracing would be frozen into every later call: return the tensor and read it outside, or pass the value in.',
    )
  }
}

const forbiddenRandom = (): never => {
  throw new Error(
    'Random numbers were drawn from JavaScript inside a function given to jit: every later call would see the same ' +
      'ones. Draw them outside and pass them as a tensor, or use dropout of @parlance/runtime, which draws in the graph.',
  )
}

/** Calls a function on placeholders shaped like `args` and records what it does. */
export function record(
  backend: OnnxBackend,
  args: readonly tf.Tensor[],
  call: (placeholders: tf.Tensor[]) => tf.Tensor[],
): Trace {
  if (backend.tracing) throw new Error('jit.explain and inferenceGraph cannot be called inside a function that is being traced: call them outside.')
  const trace = new Trace()
  const engine = tf.engine()
  const before = new Map<tf.Variable, Held>()
  for (const variable of registeredVariables()) before.set(variable, holdVariable(backend, variable))
  try {
    backend.record(trace, () => {
      engine.startScope('jit')
      try {
        const tensors = args.map((arg) => placeholderFor(backend, trace, arg))
        const results = withoutRandom(forbiddenRandom, () => call(tensors))
        for (const tensor of results) trace.results.push(backend.valueFor(tensor))
        collectAssignments(backend, trace, before)
      } finally {
        engine.endScope()
      }
    })
  } finally {
    for (const variable of registeredVariables()) if (!before.has(variable)) variable.dispose()
    for (const [variable, held] of before) restore(backend, variable, held)
  }
  collectCaptures(trace, before)
  return trace
}

function registeredVariables(): tf.Variable[] {
  return Object.values(tf.engine().state.registeredVariables)
}

/** The variable's present value, computed, its own alone, and kept while the function is traced. */
function holdVariable(backend: OnnxBackend, variable: tf.Variable): Held {
  own(backend, variable)
  const value = backend.valueFor(variable)
  backend.compute([value])
  const { holders } = value
  value.holders++
  // What a variable holds is no constant, even if all its elements are equal now.
  value.uniform = undefined
  return { value, dataId: variable.dataId, holders }
}

/** Gives a variable data of its own where it shares them with another tensor (`a.assign(b)` shares). */
export function own(backend: OnnxBackend, variable: tf.Variable): void {
  const value = backend.valueFor(variable)
  if (backend.refCount(variable.dataId) === 1 && value.tensors === 1) return
  backend.compute([value])
  const copy = tf.tensor(backend.readSync(variable.dataId) as Float32Array, variable.shape, variable.dtype)
  variable.assign(copy)
  copy.dispose()
}

function placeholderFor(backend: OnnxBackend, trace: Trace, arg: tf.Tensor): tf.Tensor {
  const value = new Value(arg.shape, arg.dtype as 'float32' | 'int32' | 'bool')
  trace.placeholders.push(value)
  const { dataId, shape, dtype } = backend.infoOf(value)
  const tensor = tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend)
  return arg instanceof tf.Variable ? Object.assign(tensor, { assign: refuseAssignment }) : tensor
}

function refuseAssignment(): never {
  throw new Error(
    'A variable that is an argument was assigned inside a function given to jit: arguments are values. Capture the ' +
      'variable from the surrounding scope, so that every call updates it.',
  )
}

function collectAssignments(backend: OnnxBackend, trace: Trace, before: ReadonlyMap<tf.Variable, Held>): void {
  for (const variable of registeredVariables()) {
    const old = before.get(variable)
    if (!old) {
      throw new Error(
        `The variable '${variable.name}' was created inside a function given to jit: create it before, so that every call ` +
          'uses the same one.',
      )
    }
    const after = backend.valueFor(variable)
    if (after !== old.value) trace.assigned.push({ variable, after })
  }
}

function restore(backend: OnnxBackend, variable: tf.Variable, { value, dataId }: Held): void {
  if (!variable.isDisposed && variable.dataId !== dataId) {
    // A new data id, as the present one is also that of what was assigned.
    const info = backend.infoOf(value)
    const tensor = tf.engine().makeTensorFromDataId(info.dataId, info.shape, info.dtype, backend)
    variable.assign(tensor)
    tensor.dispose()
  }
  value.holders--
}

/** What the graph is fed with besides its arguments. Constants that the function made stay in the graph. */
function collectCaptures(trace: Trace, before: ReadonlyMap<tf.Variable, Held>): void {
  const variableOf = new Map<Value, ReadVariable>()
  for (const [variable, { value, holders }] of before) variableOf.set(value, { variable, value, holders })
  const seen = new Set<Value>(trace.placeholders)
  const see = (value: Value): void => {
    if (value.pending || seen.has(value)) return
    seen.add(value)
    const variable = variableOf.get(value)
    if (variable) {
      trace.read.push(variable)
    } else if (value.trace !== trace && value.tensors > 0) {
      // Held for as long as the trace lives, so that no step writes over it.
      value.holders++
      trace.captured.push(value)
    }
  }
  const roots = [...trace.results, ...trace.assigned.map(({ after }) => after)]
  recompute(trace.blocks, roots)
  for (const node of pendingNodes(roots)) for (const input of node.inputs) if (input instanceof Value) see(input)
  for (const root of roots) see(root)
}
