/**
 * A size that is known only when a graph runs: a named axis of an input, an axis of some value on the way, or sums
 * and products of these.
 */
import type { Value } from './graph.js'

export type Extent = number | Dimension

export type Expression =
  | { kind: 'axis'; name: string }
  | { kind: 'of'; value: Value; axis: number; label: string }
  | { kind: 'add' | 'multiply'; left: Extent; right: Extent }

export class Dimension {
  constructor(readonly expression: Expression) {}

  toString(): string {
    const e = this.expression
    switch (e.kind) {
      case 'axis':
        return e.name
      case 'of':
        return e.label
      case 'add':
        return `(${String(e.left)}+${String(e.right)})`
      case 'multiply':
        return `${String(e.left)}*${String(e.right)}`
    }
  }
}
