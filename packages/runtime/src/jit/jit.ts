import { BACKEND_NAME, type OnnxBackend, onnxBackend } from '../backend/backend.js'
import { tf } from '../tf.js'
import { Compiled } from './compiled.js'
import type { Explanation } from './explain.js'
import { type Precision, requireFloat16 } from './precision.js'
import { checkSynchronous, flatten, unflatten } from './structure.js'

/** A function that is traced once per signature and afterwards runs as one compiled graph. */
export interface Jitted<Arguments extends unknown[], Result> {
  (...args: Arguments): Result
  /** How many signatures have been traced. */
  readonly traces: number
  /** Forgets every trace and what it holds. */
  dispose(): void
}

/** Signatures that one function keeps compiled; the least recently used is forgotten for another. */
const TRACE_LIMIT = 64

const TOO_MANY_TRACES =
  `A function given to jit was traced for more than ${TRACE_LIMIT} signatures; from now on the least recently used are ` +
  'forgotten. Pass numbers that change from call to call as tensors, and pad lengths to a few.'

export interface JitOptions {
  /**
   * What products compute in; default float32. With float16, sums, normalisations, losses and updates are computed in
   * float32 all the same, and variables keep float32: their float16 counterparts live inside the compiled graph.
   */
  precision?: Precision
}

let jitCount = 0

/**
 * Compiles a function of tensors. The first call with a signature (shapes, dtypes, and everything in the arguments
 * that is not a tensor) runs `fn` on stand-ins and records its operations, gradients and variable updates; that call
 * and every later one with the signature is a single run of the compiled graph.
 *
 * Plain numbers are constants of a trace: numbers that change from call to call (learning rate, step) must be tensors.
 * Tensors that `fn` captures are read anew at every call if they are variables and kept if they are not.
 *
 * Inside another traced function `fn` is simply called and becomes a part of that trace. It is also simply called, in
 * a `tidy`, when it is being differentiated from outside, on a backend other than ours, and, for debugging, when the
 * environment variable PARLANCE_JIT is 0.
 *
 * @throws when `fn` reads a tensor, draws random numbers from JavaScript, or creates a variable; when an argument or
 *   result is not a tree of tensors and plain values; when the device does not compute in the precision.
 */
export function jit<Arguments extends unknown[], Result>(
  fn: (...args: Arguments) => Result,
  { precision = 'float32' }: JitOptions = {},
): Jitted<Arguments, Result> {
  const id = jitCount++
  const compiled = new Map<string, Compiled<Arguments, Result>>()
  let warned = false
  const forgetOldest = (): void => {
    for (const [key, entry] of compiled) {
      entry.dispose()
      compiled.delete(key)
      break
    }
    if (!warned) process.emitWarning(TOO_MANY_TRACES)
    warned = true
  }
  const find = (backend: OnnxBackend, key: string, args: Arguments, tensors: readonly tf.Tensor[]): Compiled<Arguments, Result> => {
    let entry = compiled.get(key)
    if (entry) compiled.delete(key)
    if (!entry?.fits(backend)) {
      entry?.dispose()
      entry = new Compiled(backend, `jit ${id}: ${key}`, fn, args, tensors, precision)
    }
    compiled.set(key, entry)
    if (compiled.size > TRACE_LIMIT) forgetOldest()
    return entry
  }
  const jitted = (...args: Arguments): Result => {
    const backend = tf.getBackend() === BACKEND_NAME ? onnxBackend() : undefined
    if (backend?.tracing) return fn(...args)
    if (precision === 'float16') requireFloat16(tf.getBackend(), backend?.evaluator.options.provider)
    if (!backend || process.env.PARLANCE_JIT === '0' || tf.engine().state.gradientDepth > 0) return callEagerly(fn, args)
    const { tensors, key } = flatten(args)
    return find(backend, key, args, tensors).run(tensors)
  }
  Object.defineProperty(jitted, 'traces', { get: () => compiled.size })
  const dispose = () => {
    for (const entry of compiled.values()) entry.dispose()
    compiled.clear()
  }
  explainers.set(jitted, (args) => {
    if (tf.getBackend() !== BACKEND_NAME) throw new Error(`Only what runs in ONNX Runtime can be explained; the backend is '${tf.getBackend()}'.`)
    const { tensors, key } = flatten(args)
    const entry = new Compiled(onnxBackend(), `jit ${id} explained: ${key}`, fn, args as Arguments, tensors, precision)
    try {
      return entry.explain(tensors)
    } finally {
      entry.dispose()
    }
  })
  return Object.assign(jitted, { dispose }) as Jitted<Arguments, Result>
}

const explainers = new WeakMap<object, (args: unknown[]) => Explanation>()

/**
 * Records and compiles a function once more, runs it four times, and tells what it consists of: operators with their
 * times, what left the device, bytes. Variables keep their values. Print it for a table.
 *
 * @throws Error on a backend other than ours, and whatever tracing the function throws.
 */
jit.explain = <Arguments extends unknown[]>(fn: (...args: Arguments) => unknown, ...args: Arguments): Explanation => {
  const explain = explainers.get(fn) ?? explainers.get(jit(fn))
  return (explain as (args: unknown[]) => Explanation)(args)
}

/** The function, called as it is, with the results and the memory that it has when it is compiled. */
function callEagerly<Arguments extends unknown[], Result>(fn: (...args: Arguments) => Result, args: Arguments): Result {
  let kept: tf.Tensor[] = []
  tf.engine().startScope('jit')
  try {
    const result = checkSynchronous(fn(...args))
    kept = flatten(result, 'the result').tensors.map((tensor) => tensor.clone())
    return unflatten(result, kept.values())
  } finally {
    tf.engine().endScope(kept)
  }
}
