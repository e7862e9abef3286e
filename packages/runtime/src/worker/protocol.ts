/** What a worker and its parent say to each other. `id` names a call. */

export type Request =
  | { kind: 'call'; id: number; name: string; args: unknown[] }
  /** Asks a stream for its next item, */
  | { kind: 'next'; id: number }
  /** or to end. */
  | { kind: 'return'; id: number }

export type Response =
  /** The module is loaded; these are its functions, and whether each gives a stream. */
  | { kind: 'ready'; functions: [name: string, stream: boolean][] }
  | { kind: 'failed'; error: CarriedError }
  | { kind: 'value'; id: number; value: unknown }
  | { kind: 'item'; id: number; value: unknown }
  | { kind: 'done'; id: number }
  | { kind: 'error'; id: number; error: CarriedError }

/** An error as it crosses the border between processes. */
export interface CarriedError {
  name: string
  message: string
  stack: string | undefined
  cause: CarriedError | undefined
}

/** A class of errors, whatever its constructor takes. */
export type ErrorClass = { readonly name: string; readonly prototype: Error }

export function carry(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, cause: undefined }
  const { name, message, stack, cause } = error
  return { name, message, stack, cause: cause === undefined ? undefined : carry(cause) }
}

/** The error again, of the class of its name if that is among those given or JavaScript's own. */
export function revive({ name, message, stack, cause }: CarriedError, classes: readonly ErrorClass[]): Error {
  const error = new Error(message, cause ? { cause: revive(cause, classes) } : undefined)
  const known = [...classes, TypeError, RangeError, SyntaxError].find((candidate) => candidate.name === name)
  if (known) Object.setPrototypeOf(error, known.prototype)
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (stack !== undefined) error.stack = stack
  return error
}
