import { checkFractions, checkNotNegative } from '../optimizers/checks.js'
import { distinctRows, type RowTable, sharedZeros } from './row-table.js'

/** What a row-wise optimizer keeps, by name, in memory that worker threads share. */
export type RowState = ReadonlyMap<string, Float32Array>

/** One row's gradient. */
interface RowGradient {
  row: number
  values: Float32Array
  /** Where the row's gradient begins in `values`. */
  offset: number
}

/** An optimizer of a `RowTable` that reads and writes only the rows that have a gradient, state included. */
abstract class RowOptimizer {
  private readonly arrays = new Map<string, Float32Array>()

  constructor(
    protected readonly table: RowTable,
    private readonly given: RowState | undefined,
  ) {}

  /** The state's array `name`: the one that was given, or zeros. */
  protected array(name: string, length: number): Float32Array {
    const array = this.given ? this.given.get(name) : sharedZeros(length)
    if (array?.length !== length) {
      throw new Error(`The optimizer of this table needs a state ${name} of ${length} values, got ${array?.length ?? 'none'}.`)
    }
    this.arrays.set(name, array)
    return array
  }

  /**
   * Updates the rows of `ids`; the gradients of a row that is there several times are summed first.
   *
   * @param ids (N)
   * @param gradients (N, width)
   * @param step 1 for the first update
   * @throws RangeError for an id that is not a row; Error for gradients of another size. Nothing is changed then.
   */
  update(ids: Int32Array, gradients: Float32Array, learningRate: number, step: number): void {
    const { table } = this
    const { width } = table
    table.check(ids)
    if (gradients.length !== ids.length * width) {
      throw new Error(`${ids.length} rows of ${width} have ${ids.length * width} gradients, got ${gradients.length}.`)
    }
    this.begin(learningRate, step)
    const { rows, places } = distinctRows(ids)
    const values = rows.length === ids.length ? gradients : sumRows(gradients, places, rows.length, width)
    for (const [i, row] of rows.entries()) this.updateRow({ row, values, offset: i * width })
  }

  /** Sets what is the same for all rows of an update. */
  protected abstract begin(learningRate: number, step: number): void

  protected abstract updateRow(gradient: RowGradient): void

  /** What is kept besides the table. Given to another optimizer of the table as `state`, it is shared with it. */
  state(): RowState {
    return this.arrays
  }
}

function sumRows(gradients: Float32Array, places: Int32Array, rows: number, width: number): Float32Array {
  const sums = new Float32Array(rows * width)
  for (const [i, place] of places.entries()) {
    const [from, to] = [i * width, place * width]
    for (let k = 0; k < width; k++) sums[to + k] = (sums[to + k] as number) + (gradients[from + k] as number)
  }
  return sums
}

/** θ ← θ − η g, for the rows that have a gradient. */
export class RowSGD extends RowOptimizer {
  private rate = 0

  constructor(table: RowTable) {
    super(table, undefined)
  }

  protected override begin(learningRate: number): void {
    this.rate = learningRate
  }

  protected override updateRow({ row, values, offset }: RowGradient): void {
    const { rate } = this
    const { values: table, width } = this.table
    for (let k = 0, i = row * width; k < width; k++, i++) {
      table[i] = (table[i] as number) - rate * (values[offset + k] as number)
    }
  }
}

export interface RowAdagradOptions {
  /** Added to the root in the denominator; default 1e-10. */
  epsilon?: number
  /** Of another thread's optimizer or a checkpoint; used as it is. Default zeros. */
  state?: RowState
}

/**
 * Adagrad with one sum of squares for each row, as in PyTorch-BigGraph (Lerer et al., "PyTorch-BigGraph: A Large-scale
 * Graph Embedding System", MLSys 2019, section 3.1): s ← s + mean(g²), θ ← θ − η g / (√s + ε).
 */
export class RowAdagrad extends RowOptimizer {
  private readonly epsilon: number
  /** (rows) */
  private readonly sums: Float32Array
  private rate = 0

  /** @throws RangeError for a negative ε; Error for a state of another table. */
  constructor(table: RowTable, { epsilon = 1e-10, state }: RowAdagradOptions = {}) {
    checkNotNegative('RowAdagrad', { epsilon })
    super(table, state)
    this.epsilon = epsilon
    this.sums = this.array('sum', table.rows)
  }

  protected override begin(learningRate: number): void {
    this.rate = learningRate
  }

  protected override updateRow({ row, values, offset }: RowGradient): void {
    const { values: table, width } = this.table
    let squares = 0
    for (let k = 0; k < width; k++) squares += (values[offset + k] as number) ** 2
    const sum = (this.sums[row] as number) + squares / width
    this.sums[row] = sum
    const rate = this.rate / (Math.sqrt(sum) + this.epsilon)
    for (let k = 0, i = row * width; k < width; k++, i++) {
      table[i] = (table[i] as number) - rate * (values[offset + k] as number)
    }
  }
}

export interface RowAdamOptions {
  /** Decay of the mean of the gradients, in (0, 1); default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares, in (0, 1); default 0.999. */
  beta2?: number
  /** Added to the root in the denominator; default 1e-8. */
  epsilon?: number
  /** Of another thread's optimizer or a checkpoint; used as it is. Default zeros. */
  state?: RowState
}

/** Adam whose moments move only where a row has a gradient, as PyTorch's SparseAdam. Its state is twice the table. */
export class RowAdam extends RowOptimizer {
  private readonly beta1: number
  private readonly beta2: number
  private readonly epsilon: number
  private readonly first: Float32Array
  private readonly second: Float32Array
  private rate = 0

  /** @throws RangeError for a β outside (0, 1) or a negative ε; Error for a state of another table. */
  constructor(table: RowTable, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, state }: RowAdamOptions = {}) {
    checkFractions('RowAdam', { beta1, beta2 })
    checkNotNegative('RowAdam', { epsilon })
    super(table, state)
    this.beta1 = beta1
    this.beta2 = beta2
    this.epsilon = epsilon
    this.first = this.array('first_moment', table.values.length)
    this.second = this.array('second_moment', table.values.length)
  }

  protected override begin(learningRate: number, step: number): void {
    this.rate = (learningRate * Math.sqrt(1 - this.beta2 ** step)) / (1 - this.beta1 ** step)
  }

  protected override updateRow({ row, values, offset }: RowGradient): void {
    const { first, second, beta1, beta2, epsilon, rate } = this
    const { values: table, width } = this.table
    for (let k = 0, i = row * width; k < width; k++, i++) {
      const g = values[offset + k] as number
      const m = beta1 * (first[i] as number) + (1 - beta1) * g
      const v = beta2 * (second[i] as number) + (1 - beta2) * g * g
      first[i] = m
      second[i] = v
      table[i] = (table[i] as number) - (rate * m) / (Math.sqrt(v) + epsilon)
    }
  }
}
