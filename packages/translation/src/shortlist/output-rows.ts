import { type GraphTensor, gatherRows } from '@parlance/runtime/session'

/**
 * Rows of the output layer, for one batch after the other. On the host they are copied to memory that batches before have
 * used: a new megabyte for every sentence costs more than the products that it is for.
 */
export class OutputRows {
  private readonly free: Float32Array[] = []

  /** @param table float32 (V, D) */
  constructor(private readonly table: GraphTensor) {}

  /** (tokens, D), until `giveBack`. */
  take(tokens: Int32Array): GraphTensor {
    if (this.table.dispose) return gatherRows(this.table, tokens)
    const data = this.table.data as Float32Array
    const width = this.table.shape[1] as number
    const size = tokens.length * width
    const used = this.free.pop()
    const whole = used && used.length >= size ? used : new Float32Array(size)
    const rows = whole.subarray(0, size)
    for (let i = 0; i < tokens.length; i++) {
      const start = (tokens[i] as number) * width
      rows.set(data.subarray(start, start + width), i * width)
    }
    return { data: rows, shape: [tokens.length, width] }
  }

  giveBack(rows: GraphTensor): void {
    if (rows.dispose) rows.dispose()
    else this.free.push(new Float32Array(rows.data.buffer as ArrayBuffer))
  }

  /** Frees what is in a device's memory. */
  dispose(): void {
    this.table.dispose?.()
  }
}
