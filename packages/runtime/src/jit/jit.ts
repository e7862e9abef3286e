import { BACKEND_NAME, onnxBackend } from '../backend/backend.js'
import { tf } from '../tf.js'
import { Compiled } from './compiled.js'
import { flatten } from './structure.js'

/** A function that is traced once per signature and afterwards runs as one compiled graph. */
export interface Jitted<Arguments extends unknown[], Result> {
  (...args: Arguments): Result
  /** How many signatures have been traced. */
  readonly traces: number
  /** Forgets every trace and what it holds. */
  dispose(): void
}

let jitCount = 0

/**
 * Compiles a function of tensors. The first call with a signature (shapes, dtypes, and everything in the arguments
 * that is not a tensor) runs `fn` on stand-ins and records its operations, gradients and variable updates; that call
 * and every later one with the signature is a single run of the compiled graph.
 *
 * Plain numbers are constants of a trace: numbers that change from call to call (learning rate, step) must be tensors.
 * Tensors that `fn` captures are read anew at every call if they are variables and kept if they are not. On a backend
 * other than ours, and inside another traced function, `fn` is simply called.
 *
 * @throws when `fn` reads a tensor, draws random numbers from JavaScript, or creates a variable; when an argument or
 *   result is not a tree of tensors and plain values.
 */
export function jit<Arguments extends unknown[], Result>(
  fn: (...args: Arguments) => Result,
): Jitted<Arguments, Result> {
  const id = jitCount++
  const compiled = new Map<string, Compiled<Arguments, Result>>()
  const jitted = (...args: Arguments): Result => {
    if (tf.getBackend() !== BACKEND_NAME) return fn(...args)
    const backend = onnxBackend()
    if (backend.tracing) return fn(...args)
    const { tensors, key } = flatten(args)
    let entry = compiled.get(key)
    if (!entry || entry.backend !== backend) {
      entry = new Compiled(backend, `jit ${id}: ${key}`, fn, args, tensors)
      compiled.set(key, entry)
    }
    return entry.run(tensors)
  }
  Object.defineProperty(jitted, 'traces', { get: () => compiled.size })
  const dispose = () => {
    for (const entry of compiled.values()) entry.dispose()
    compiled.clear()
  }
  return Object.assign(jitted, { dispose }) as Jitted<Arguments, Result>
}
