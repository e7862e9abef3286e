/**
 * A size that is known only when a graph runs: an expression over the named axes of the graph's inputs, such as
 * `N·T` or `⌊(T−1)/2⌋+1`.
 */
export type Extent = number | Dimension

export type Expression =
  | { kind: 'axis'; name: string }
  | { kind: 'add' | 'multiply'; left: Extent; right: Extent }
  | { kind: 'divide'; left: Extent; divisor: number }

export class Dimension {
  constructor(readonly expression: Expression) {}

  toString(): string {
    const e = this.expression
    switch (e.kind) {
      case 'axis':
        return e.name
      case 'add':
        return `(${e.left}+${e.right})`
      case 'multiply':
        return `${e.left}*${e.right}`
      case 'divide':
        return `floor(${e.left}/${e.divisor})`
    }
  }

  /** The size when the axes have these lengths. */
  evaluate(axes: Readonly<Record<string, number>>): number {
    const of = (extent: Extent): number => (typeof extent === 'number' ? extent : extent.evaluate(axes))
    const e = this.expression
    switch (e.kind) {
      case 'axis':
        return axes[e.name] as number
      case 'add':
        return of(e.left) + of(e.right)
      case 'multiply':
        return of(e.left) * of(e.right)
      case 'divide':
        return Math.floor(of(e.left) / e.divisor)
    }
  }
}
