/** A tensor at the border of a graph: row-major data and shape. Booleans are one byte each, float16 its bits. */
export interface GraphTensor {
  readonly data: Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint16Array
  readonly shape: readonly number[]
  /** Frees what stays in a device's memory. */
  dispose?(): void
}
