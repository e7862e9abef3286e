/**
 * Arguments and results of traced functions: tensors anywhere in arrays, maps and plain objects. Everything that is
 * not a tensor is static: part of the signature.
 */
import { tf } from '../tf.js'

/** Trees nested deeper than this are taken for trees that contain themselves. */
const DEEPEST = 64

/** The tensors of a tree in a fixed order, and a key of everything else. */
export function flatten(tree: unknown, name = 'the argument'): { tensors: tf.Tensor[]; key: string } {
  const tensors: tf.Tensor[] = []
  const parts: string[] = []
  visit(tree, tensors, parts, { name, depth: 0 })
  return { tensors, key: parts.join('') }
}

/** Where in the tree a value is: put into words only for an error. */
interface Place {
  name: string
  depth: number
  above?: Place
}

function visit(tree: unknown, tensors: tf.Tensor[], parts: string[], place: Place): void {
  if (tree instanceof tf.Tensor) {
    if (tree.dtype === 'string' || tree.dtype === 'complex64') {
      const what = tree.dtype === 'string' ? 'strings' : 'complex numbers'
      throw new TypeError(`A function given to jit takes and gives no ${what} in tensors: ${pathOf(place)} is one of them.`)
    }
    tensors.push(tree)
    parts.push(tree.dtype, '[', tree.shape.join(','), '];')
    return
  }
  if (place.depth === DEEPEST) {
    throw new TypeError(`${pathOf(place).slice(0, 60)}… is nested deeper than ${DEEPEST} levels: does it contain itself?`)
  }
  if (Array.isArray(tree)) {
    parts.push('(')
    for (let i = 0; i < tree.length; i++) visit(tree[i], tensors, parts, below(place, `[${i}]`))
    parts.push(')')
  } else if (tree instanceof Map) {
    parts.push('<')
    for (const [key, item] of tree) {
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw new TypeError(`The keys of maps given to jit are strings or numbers; one of ${pathOf(place)} is ${describe(key)}.`)
      }
      const name = JSON.stringify(key)
      parts.push(name, ':')
      visit(item, tensors, parts, below(place, `.get(${name})`))
    }
    parts.push('>')
  } else if (isPlainObject(tree)) {
    parts.push('{')
    for (const key of Object.keys(tree)) {
      parts.push(JSON.stringify(key), ':')
      visit(tree[key], tensors, parts, below(place, `.${key}`))
    }
    parts.push('}')
  } else if (tree === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof tree)) {
    parts.push(typeof tree === 'string' ? JSON.stringify(tree) : Object.is(tree, -0) ? '-0' : String(tree), ';')
  } else {
    throw new TypeError(
      `A function given to jit takes and gives tensors, numbers, strings, booleans, and arrays, maps and plain objects ` +
        `of them; ${pathOf(place)} is ${describe(tree)}. ${remedyFor(tree)}`,
    )
  }
}

/** The result of a function that is to be recorded while it runs, if it has run. */
export function checkSynchronous<T>(result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    // What the function does later fails too, and nobody waits for it.
    void Promise.resolve(result).catch(() => undefined)
    throw new TypeError('A function given to jit must not be async: it is recorded while it runs.')
  }
  return result
}

/** The same tree with its tensors replaced, in the order of `flatten`. */
export function unflatten<T>(tree: T, tensors: Iterator<tf.Tensor>): T {
  return replace(tree, tensors) as T
}

function replace(tree: unknown, tensors: Iterator<tf.Tensor>): unknown {
  if (tree instanceof tf.Tensor) return tensors.next().value
  if (Array.isArray(tree)) return tree.map((item) => replace(item, tensors))
  if (tree instanceof Map) return new Map([...tree].map(([key, item]) => [key, replace(item, tensors)]))
  if (isPlainObject(tree)) return Object.fromEntries(Object.keys(tree).map((key) => [key, replace(tree[key], tensors)]))
  return tree
}

function isPlainObject(tree: unknown): tree is Record<string, unknown> {
  if (typeof tree !== 'object' || tree === null) return false
  const prototype: unknown = Object.getPrototypeOf(tree)
  return prototype === Object.prototype || prototype === null
}

function below(above: Place, name: string): Place {
  return { name, depth: above.depth + 1, above }
}

function pathOf({ name, above }: Place): string {
  return above ? pathOf(above) + name : name
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an object of class ${value.constructor?.name || '(none)'}`
  return `a ${typeof value}`
}

function remedyFor(value: unknown): string {
  if (ArrayBuffer.isView(value)) return 'Make a tensor of it.'
  if (value instanceof Promise) return 'Await it before.'
  return 'Capture it from the surrounding scope instead.'
}
