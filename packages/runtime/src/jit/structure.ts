/**
 * Arguments and results of traced functions: tensors anywhere in arrays, maps and plain objects. Everything that is
 * not a tensor is static: part of the signature.
 */
import { tf } from '../tf.js'

/** The tensors of a tree in a fixed order, and a key of everything else. */
export function flatten(tree: unknown): { tensors: tf.Tensor[]; key: string } {
  const tensors: tf.Tensor[] = []
  const parts: string[] = []
  visit(tree, tensors, parts, 'the argument')
  return { tensors, key: parts.join('') }
}

function visit(tree: unknown, tensors: tf.Tensor[], parts: string[], path: string): void {
  if (tree instanceof tf.Tensor) {
    if (tree.dtype === 'string') throw new TypeError(`A function given to jit takes and gives no strings in tensors: ${path} is one of them.`)
    tensors.push(tree)
    parts.push(`${tree.dtype}[${tree.shape.join(',')}];`)
  } else if (Array.isArray(tree)) {
    parts.push('(')
    tree.forEach((item, i) => visit(item, tensors, parts, `${path}[${i}]`))
    parts.push(')')
  } else if (tree instanceof Map) {
    parts.push('<')
    for (const [key, item] of tree) {
      parts.push(`${JSON.stringify(key)}:`)
      visit(item, tensors, parts, `${path}.get(${JSON.stringify(key)})`)
    }
    parts.push('>')
  } else if (isPlainObject(tree)) {
    parts.push('{')
    for (const key of Object.keys(tree)) {
      parts.push(`${JSON.stringify(key)}:`)
      visit(tree[key], tensors, parts, `${path}.${key}`)
    }
    parts.push('}')
  } else if (tree === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof tree)) {
    parts.push(`${typeof tree === 'string' ? JSON.stringify(tree) : String(tree)};`)
  } else {
    throw new TypeError(
      `A function given to jit takes and gives tensors, numbers, strings, booleans, and arrays, maps and plain objects ` +
        `of them; ${path} is ${describe(tree)}. Capture it from the surrounding scope instead.`,
    )
  }
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

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an object of class ${value.constructor.name}`
  return `a ${typeof value}`
}
